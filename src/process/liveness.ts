/**
 * Which processes of a run live. One is the one meant if pid, start time and boot agree and it is no zombie; a pid alone
 * was measured to be somebody else's in 98 of 98 forced cases. Reads /proc: Linux.
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { once } from "../core/once.ts";
import { exists, stat } from "../disk.ts";
import { systemCode } from "../errors.ts";
import { type Claim, type Intent, type ProcessId, readChild, readClaim, readExit, type RunPaths } from "./run-files.ts";

/** Text of a file of the system's; `undefined` when it is not to be read: the process has ended, or is not ours. */
export function readSystem(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}

export const bootId: () => string = once(() => readSystem("/proc/sys/kernel/random/boot_id")?.trim() ?? "");
export const machineId: () => string = once(() => readSystem("/etc/machine-id")?.trim() ?? "");
export const pidNamespace: () => string = once(() => {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return "";
  }
});

export interface ProcessStat extends ProcessId {
  readonly group: number;
  readonly zombie: boolean;
}
/** What /proc says of a pid; `undefined` when there is none. */
export function statOf(pid: number): ProcessStat | undefined {
  const text = readSystem(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The name stands in brackets and may hold anything, brackets too.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { pid, start: Number(fields[19]), group: Number(fields[2]), zombie: fields[0] === "Z" || fields[0] === "X" };
}

export const startOf = (pid: number): number | undefined => statOf(pid)?.start;

export function isAlive({ pid, start }: ProcessId): boolean {
  const found = statOf(pid);
  return found !== undefined && found.start === start && !found.zombie;
}

/** Whether it has ended, or may have: one look that opens nothing. What has ended has no program any more, nor has a zombie. */
export function mayHaveEnded({ pid }: ProcessId): boolean {
  try {
    readlinkSync(`/proc/${pid}/exe`);
    return false;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return true;
  }
}

/** All pids, as far as they are to be seen. */
export const allPids = (): number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/** A moment in the order in which pids are given: the last one, and how many there were since the boot. */
export interface PidMoment {
  readonly last: number;
  readonly count: number;
}
export function pidMoment(): PidMoment {
  const last = Number(readSystem("/proc/loadavg")?.trim().split(" ").at(-1) ?? Number.NaN);
  return { last, count: Number(/^processes (\d+)$/m.exec(readSystem("/proc/stat") ?? "")?.[1] ?? Number.NaN) };
}
const pidLimit = once(() => readSystem("/proc/sys/kernel/pid_max")?.trim() ?? "");

/** Pids of processes that may have been started since. They are given in turn, so that most are told by their number alone. */
export function pidsSince(moment: PidMoment | undefined): number[] {
  if (moment === undefined) return allPids();
  const { last, count } = moment;
  const now = pidMoment();
  // Half a turn at most: what cannot be read is NaN, and holds for nothing.
  if (!(now.count - count < Number(pidLimit()) / 2)) return allPids();
  const given = now.last - last;
  if (given >= 0 && given <= FEW)
    return Array.from({ length: given }, (_, at) => last + 1 + at).filter((pid) => exists(`/proc/${pid}`));
  return allPids().filter((pid) => (now.last >= last ? pid > last : pid > last || pid <= now.last));
}
const FEW = 250; // to list all processes takes longer, where there are many

/**
 * `unclaimed`: it may start yet · `void`: given up before its start · `orphaned`: the child lives without its shim, its exit
 * will be unknown · `exited`: `at` in ms · `gone`: both dead and no exit · `elsewhere`: another machine or pid namespace ·
 * `unreadable`: its intent is damaged, so where it was started is unknown, and here nothing of it is seen to live.
 */
export type RunFacts =
  | { readonly kind: "unclaimed" | "elsewhere" | "unreadable" }
  | { readonly kind: "void"; readonly reason: string }
  | { readonly kind: "running"; readonly shim?: ProcessId; readonly child?: ProcessId }
  | { readonly kind: "orphaned"; readonly child: ProcessId }
  | { readonly kind: "exited"; readonly code: number; readonly at: number; readonly child?: ProcessId }
  | { readonly kind: "gone"; readonly child?: ProcessId };

/**
 * Liveness is looked at before `exit`: a shim that ends in between has written it by then. `before`: what was seen last. While
 * its shim lives `claim` and `child` are not read again, since they are written once.
 */
export function inspectRun(paths: RunPaths, intent: Intent, before?: RunFacts): RunFacts {
  if (before?.kind === "running" && before.shim !== undefined && before.child !== undefined && isAlive(before.shim))
    return endedFacts(paths, { child: before.child }) ?? before;
  const claim = readClaim(paths);
  if (intent.damaged !== undefined && (claim === "empty" || claim?.by === "shim")) return inspectDamaged(paths, claim);
  if (claim === undefined && intent.damaged !== undefined) return { kind: "unclaimed" };
  if (claim === undefined) return isElsewhere(intent) ? { kind: "elsewhere" } : { kind: "unclaimed" };
  if (claim !== "empty" && claim.by === "nobody") return { kind: "void", reason: claim.reason };
  const child = readChild(paths);
  const known = child === undefined ? {} : { child };
  if (isElsewhere(intent)) return endedFacts(paths, known) ?? { kind: "elsewhere" };
  const here = intent.boot === bootId();
  const shimLives = here && (claim === "empty" ? livesUnnamed(paths) : isAlive(claim.shim));
  const childLives = here && child !== undefined && isAlive(child);
  const ended = endedFacts(paths, known);
  if (ended !== undefined) return ended;
  if (shimLives) return { kind: "running", ...(claim === "empty" ? {} : { shim: claim.shim }), ...known };
  // The child may have been written between the two looks.
  const late = readChild(paths);
  if (late !== undefined && here && (childLives || isAlive(late))) return { kind: "orphaned", child: late };
  return { kind: "gone", ...(late === undefined ? {} : { child: late }) };
}

/**
 * Without its intent nobody knows on which boot a run was started. Processes that agree are taken for its own, so that it
 * is not started twice; code 0 may hide a failed turn, and is no success.
 */
function inspectDamaged(paths: RunPaths, claim: Exclude<Claim, { by: "nobody" }> | "empty"): RunFacts {
  const child = readChild(paths);
  const known = child === undefined ? {} : { child };
  const shimLives = claim === "empty" ? livesUnnamed(paths) : isAlive(claim.shim);
  const childLives = child !== undefined && isAlive(child);
  const ended = endedFacts(paths, known);
  if (ended?.kind === "exited") return ended.code === 0 ? { kind: "gone", ...known } : ended;
  if (shimLives) return { kind: "running", ...known };
  return childLives ? { kind: "orphaned", child } : { kind: "unreadable" };
}

function endedFacts(paths: RunPaths, known: { readonly child?: ProcessId }): RunFacts | undefined {
  const code = readExit(paths);
  if (code === undefined) return undefined;
  const child = known.child ?? readChild(paths);
  return { kind: "exited", code, at: stat(paths.exit)?.mtimeMs ?? 0, ...(child === undefined ? {} : { child }) };
}

/** The same machine after a reboot is here: nothing of before can live. */
function isElsewhere({ machine, boot, pidns }: Intent): boolean {
  if (machine !== machineId()) return true;
  return boot === bootId() && pidns !== pidNamespace();
}

const WRITTEN_WITHIN_MS = 1_000;

/**
 * An empty claim was made this moment, and is about to be written: that is taken for granted, since a look at every process of
 * the machine with each spawn would be dear. Or by a shim whose disk was full, which may be at work all the same.
 */
function livesUnnamed({ claim, dir }: RunPaths): boolean {
  if (Math.abs(Date.now() - (stat(claim)?.mtimeMs ?? 0)) < WRITTEN_WITHIN_MS) return true;
  return allPids().some((pid) => readSystem(`/proc/${pid}/cmdline`)?.split("\0").includes(dir) === true);
}
