/** Ends what a run started: its child's group, and whatever carries its mark. Nothing that belongs to another run. */
import { setTimeout as pause } from "node:timers/promises";
import { systemCode } from "../errors.ts";
import { bootId, inspectRun, isAlive, pidNamespace, type ProcessStat } from "./liveness.ts";
import { processesInGroup, processesWithMark } from "./mark.ts";
import {
  createStop,
  type Intent,
  type ProcessId,
  readChild,
  readClaim,
  readIntent,
  type RunPaths,
  voidClaim,
} from "./run-files.ts";
import { closeInput } from "./stdin.ts";

export interface RunTarget {
  readonly paths: RunPaths;
  readonly intent: Intent;
  readonly mark: string;
}
export interface TerminateOptions {
  readonly grace: number; // ms, for each step
  /** The runner's own way to ask; `false` when it has none: the signals come at once then. */
  readonly first?: () => Promise<boolean>;
}
type Signal = "SIGINT" | "SIGTERM" | "SIGKILL" | "SIGUSR1" | "SIGUSR2" | "SIGHUP";

/** Returns when nothing of the run lives. Safe to repeat, also by another supervisor. */
export async function terminate(target: RunTarget, { grace, first }: TerminateOptions): Promise<void> {
  const { paths, intent } = target;
  createStop(paths);
  if (voidClaim(paths, "stopped before its start") || !isHere(intent)) return;
  // What the child leaves behind was not asked, and is not waited for here.
  if (first !== undefined && livesOf(target).length > 0 && (await first())) await until(() => isOver(target), grace);
  if (await gone(target, 0)) return;
  signalAll(target, "SIGTERM");
  if (await gone(target, grace)) return;
  for (let tries = 0; ; tries += 1) {
    signalAll(target, "SIGKILL");
    // A shim that has no child by now gets none: its subshell would find `stop`. One whose child is gone and that does not
    // come to its end stands still: what is lost is an exit code that the stop explains.
    const claim = readClaim(paths);
    const child = readChild(paths);
    const needless = child === undefined || (tries > 0 && !isAlive(child));
    if (needless && claim !== undefined && claim !== "empty" && claim.by === "shim") signal(claim.shim, "SIGKILL");
    if (await gone(target, Math.max(grace, 1_000))) return;
    if (tries >= 10) return; // not to be ended by any signal: in the kernel's hands
  }
}

/** Ends processes that an ended run, or all of an agent's, left behind. */
export const sweep = (mark: string, grace: number): Promise<void> => endAll(() => processesWithMark(mark), grace);

/** Ends what is found until nothing is: SIGTERM, then SIGKILL. */
export async function endAll(lives: () => readonly ProcessStat[], grace: number): Promise<void> {
  for (const how of ["SIGTERM", "SIGKILL"] as const) {
    const found = lives();
    if (found.length === 0) return;
    for (const one of found) signal(one, how);
    await until(() => lives().length === 0, grace);
  }
}

/** Signals the child's group, if the child is the one that was started. Returns whether it was. A subshell that is about to become the child has no group yet. */
export function signalRun(paths: RunPaths, how: Signal): boolean {
  const intent = readIntent(paths);
  const child = readChild(paths);
  if (intent === undefined || child === undefined || !isHere(intent) || !isAlive(child)) return false;
  return send(-child.pid, how) || send(child.pid, how);
}

const isHere = ({ boot, pidns }: Intent): boolean => boot === bootId() && pidns === pidNamespace();

/** The group's members as long as its number cannot be another's, and all with the mark. */
function livesOf({ paths, mark }: RunTarget): ProcessStat[] {
  const child = readChild(paths);
  const group = child === undefined ? [] : processesInGroup(child.pid).filter((member) => member.start >= child.start);
  const leader = group.find((member) => member.pid === child?.pid);
  const ours = leader !== undefined && leader.start !== child?.start ? [] : group;
  const known = new Set(ours.map(({ pid }) => pid));
  return [...ours, ...processesWithMark(mark).filter(({ pid }) => !known.has(pid))];
}

function signalAll(target: RunTarget, how: Signal): void {
  // The group in one go first: one by one, a member could fork behind our back.
  signalRun(target.paths, how);
  for (const one of livesOf(target)) signal(one, how);
  if (how === "SIGKILL") closeInput(target.paths);
}

function signal(one: ProcessId, how: Signal): void {
  if (one.pid > 1 && one.pid !== process.pid && isAlive(one)) send(one.pid, how);
}

function send(pid: number, how: Signal): boolean {
  try {
    process.kill(pid, how);
    return true;
  } catch (error) {
    if (systemCode(error) === "ESRCH") return false; // it was faster
    throw error;
  }
}

const gone = (target: RunTarget, within: number): Promise<boolean> =>
  until(() => isOver(target) && livesOf(target).length === 0, within);

function isOver({ paths, intent }: RunTarget): boolean {
  const { kind } = inspectRun(paths, intent);
  return kind !== "running" && kind !== "orphaned";
}

async function until(holds: () => boolean, within: number): Promise<boolean> {
  const deadline = Date.now() + within;
  for (let wait = 2; !holds(); wait = Math.min(50, wait * 2)) {
    if (Date.now() >= deadline) return false;
    await pause(wait);
  }
  return true;
}
