import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { append, close, exists, openAppend, sync } from "../disk.ts";
import { notClaimed, nulInVariable, reasonOf } from "../errors.ts";
import type { Stdin } from "../types.ts";
import type { RunPaths } from "./run-files.ts";
import { SHIM_NAME } from "./inbox-socket.ts";
import { shimScript, type ShimStep } from "./shim.ts";
import { systemTools, type Tools } from "./tools.ts";

/** All that a shim is told. `umask` is the caller's, `env` the child's whole environment. */
export interface LaunchPlan {
  readonly paths: RunPaths;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly umask: number;
  readonly stdin: Stdin;
  readonly id: string;
  readonly root: string;
  readonly mark: string;
  readonly tools?: Tools;
  readonly stopAt?: ShimStep; // for fault tests
}

// Bun closes what it does not mean to pass on; node passes inherited descriptors, Deno its listening sockets too.
const LEAKS = !("Bun" in globalThis);

/** Starts a shim, detached, with no descriptor of ours. Rejects when the system refuses to start it. */
export function startShim(plan: LaunchPlan): Promise<ChildProcess> {
  const { paths, argv, cwd, stdin, id, root, mark, umask, stopAt, tools = systemTools() } = plan;
  if (stdin.kind === "text") writeInput(paths.in, stdin.text);
  if (stdin.kind === "open") writeInput(paths.in, stdin.first ?? "");
  const script = shimScript({ tools, closeDescriptors: LEAKS, ...(stopAt === undefined ? {} : { stopAt }) });
  const flags = tools.shell.kind === "bash" ? ["-p", "-c"] : ["-c"];
  const mask = umask.toString(8).padStart(4, "0");
  const args = [...flags, script, SHIM_NAME, paths.dir, stdin.kind, mask, cwd, id, root, mark, ...argv];
  return new Promise((resolve, reject) => {
    const child = spawn(tools.shell.path, args, {
      cwd: "/",
      detached: true,
      stdio: "ignore",
      env: childEnvironment(plan.env),
    });
    child.once("error", reject);
    child.once("spawn", () => resolve(child));
    child.unref();
  });
}

/** The shim runs without variables of ours: only what it exports itself reaches the child. */
function childEnvironment(env: LaunchPlan["env"]): Record<string, string> {
  checkVariables(env);
  return Object.fromEntries(
    Object.entries(env).filter(
      (pair): pair is [string, string] => pair[1] !== undefined && !pair[0].startsWith("SKEP_"),
    ),
  );
}

/** No process can be given a NUL, and the runtimes' own error about it repeats the value. Throws SkepError "usage". */
export function checkVariables(env: LaunchPlan["env"]): void {
  for (const [name, value] of Object.entries(env)) if (value?.includes("\0")) throw nulInVariable(name);
}

function writeInput(path: string, text: string): void {
  const fd = openAppend(path);
  try {
    append(fd, Buffer.from(text));
    sync(fd);
  } finally {
    close(fd);
  }
}

/** Resolves when the run is claimed. Rejects when its shim ended without, or `timeout` ms have passed. */
export async function awaitClaim(paths: RunPaths, shim: ChildProcess, timeout: number): Promise<void> {
  const deadline = Date.now() + timeout;
  while (!exists(paths.claim)) {
    if (shim.exitCode !== null || shim.signalCode !== null) {
      if (exists(paths.claim)) return;
      throw notClaimed(`its shim ended with ${reasonOf(shim.signalCode ?? shim.exitCode)}`);
    }
    if (Date.now() > deadline) throw notClaimed(`its shim did nothing for ${timeout / 1000} s`);
    await pause(1);
  }
}
