/** Runs of a test, started as skep starts them. */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { awaitClaim, type LaunchPlan, startShim } from "../../src/process/launch.ts";
import {
  allPids,
  bootId,
  inspectRun,
  machineId,
  pidNamespace,
  readSystem,
  type RunFacts,
} from "../../src/process/liveness.ts";
import { runMark } from "../../src/process/mark.ts";
import { type Intent, type RunPaths, runPaths, writeIntent } from "../../src/process/run-files.ts";
import { terminate } from "../../src/process/terminate.ts";
import { until } from "../sandbox.ts";

/** A folder with a space in its name, by its real path. */
export const makeRunFolder = (): string => realpathSync(mkdtempSync(join(tmpdir(), "skep shim ")));

let count = 0;
const folders: string[] = [];

/** Ends shims, and subshells of shims, that a test stopped at a step: nobody else does. They name the folder of their run. */
export function endShims(): void {
  for (const pid of allPids().filter((one) => folders.some((dir) => names(one, dir)))) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      continue; // it was faster
    }
  }
}
const names = (pid: number, dir: string): boolean => readSystem(`/proc/${pid}/cmdline`)?.includes(dir) === true;

export interface Started {
  readonly id: string;
  readonly paths: RunPaths;
  readonly intent: Intent;
  readonly mark: string;
  readonly facts: () => RunFacts;
  readonly ended: () => Promise<RunFacts>;
  readonly out: () => string;
  readonly err: () => string;
  readonly stop: (grace?: number) => Promise<void>;
}

export async function start(folder: string, argv: readonly string[], more: Partial<LaunchPlan> = {}): Promise<Started> {
  const id = `agent-${(count += 1)}`;
  const agent = join(folder, id);
  const paths = runPaths(agent, 1);
  mkdirSync(paths.dir, { recursive: true });
  const mark = runMark(`test-${process.pid}`, id, 1);
  const stdin = more.stdin ?? { kind: "none" as const };
  const intent: Intent = {
    run: 1,
    resuming: false,
    runner: "exec",
    turns: "none",
    output: "text",
    stdin: stdin.kind,
    args: [],
    options: {},
    argv,
    cwd: folder,
    labels: {},
    time: "2026-01-01T00:00:00Z",
    boot: bootId(),
    pidns: pidNamespace(),
    machine: machineId(),
  };
  writeIntent(paths, intent);
  const plan: LaunchPlan = {
    paths,
    argv,
    cwd: folder,
    env: { PATH: process.env["PATH"] },
    umask: 0o022,
    stdin,
    id,
    root: folder,
    mark,
    ...more,
  };
  const shim = await startShim(plan);
  folders.push(paths.dir);
  if (more.stopAt === undefined) await awaitClaim(paths, shim, 10_000);
  else await until(() => isStopped(paths.dir), Boolean);
  const facts = (): RunFacts => inspectRun(paths, intent);
  return {
    id,
    paths,
    intent,
    mark,
    facts,
    ended: () => until(facts, ({ kind }) => kind === "exited" || kind === "gone"),
    out: () => readFileSync(paths.out, "utf8"),
    err: () => readFileSync(paths.err, "utf8"),
    stop: (grace = 300) => terminate({ paths, intent, mark }, { grace }),
  };
}
/** Whether a process that names this folder is stopped: the shim, or its subshell. */
const isStopped = (dir: string): boolean =>
  allPids().some((pid) => names(pid, dir) && readSystem(`/proc/${pid}/stat`)?.includes(") T ") === true);
export const code = (facts: RunFacts): number | undefined => (facts.kind === "exited" ? facts.code : undefined);
