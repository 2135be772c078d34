/** Finds the supervisor of a root, or starts one in the background. */
import { spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import * as v from "valibot";
import { close, makeFolders, openAppend, openRead, readAt, readWhole, realPath, sizeOf } from "../disk.ts";
import { noSupervisor, reasonOf, SkepError } from "../errors.ts";
import { inboxPath } from "../process/inbox-socket.ts";
import { selfCommand } from "../process/self.ts";
import type { Environment } from "../types.ts";
import { greet } from "./client.ts";
import { loginPlaces, scopeCommand } from "./login.ts";
import type { Hello } from "./protocol.ts";
import type { SupervisorRecord } from "./supervise-root.ts";

const recordSchema: v.GenericSchema<unknown, SupervisorRecord> = v.object({
  pid: v.number(),
  start: v.number(),
  boot: v.string(),
  socket: v.string(),
  protocol: v.number(),
  version: v.string(),
  since: v.string(),
});
const MAX_RECORD = 64 * 1024;
const START_MS = 15_000;
const BUSY_MS = 30_000; // more, for one that holds the root on a machine that has other things to do
const HELD = "it ended with 0"; // what `supervisor run` does when another one has the lock
const SCOPE_MS = 5_000;

/** What the last supervisor of the root wrote about itself; it need not live any more. */
export function readRecord(root: string): SupervisorRecord | undefined {
  const text = readWhole(join(root, "supervisor.json"), MAX_RECORD)?.toString("utf8");
  if (text === undefined) return undefined;
  try {
    return v.parse(recordSchema, JSON.parse(text));
  } catch {
    return undefined; // damaged: the socket's own name is tried instead
  }
}

/** Where the root's supervisor listens, or would. */
export const socketOf = (root: string, env: Environment): string =>
  readRecord(realPath(root))?.socket ?? inboxPath(realPath(root), "", env);

/** The supervisor that answers; `undefined` when none does. */
export async function findSupervisor(root: string, env: Environment): Promise<Hello | undefined> {
  try {
    const { connection, hello } = await greet(socketOf(root, env));
    connection.close();
    return hello;
  } catch (error) {
    if (error instanceof SkepError && error.code === "unreachable") return undefined;
    throw error;
  }
}

/**
 * Starts one and returns when it answers; nobody minds if another client was faster. `args` go to it as they are. It is
 * taken out of the login where that helps and works, else started all the same.
 */
export async function startSupervisor(
  root: string,
  env: Environment,
  args: readonly string[],
  scope: readonly string[] = scopeCommand(loginPlaces(env)),
): Promise<Hello> {
  makeFolders(root);
  const logPath = join(root, "supervisor.log");
  const command = [...selfCommand(), "supervisor", "run", "--root", root, ...args];
  let started = startDetached(logPath, [...scope, ...command], env);
  let scoped = scope.length > 0;
  let busy = false;
  let deadline = Date.now() + START_MS;
  for (let wait = 2; ; wait = Math.min(50, wait * 2)) {
    const hello = await findSupervisor(root, env);
    if (hello !== undefined) return hello;
    const { ended, from } = started;
    if (scoped && (ended() !== undefined || Date.now() > deadline - START_MS + SCOPE_MS)) {
      scoped = false; // systemd would not, what it said is in the log; or it is stuck, and the first that has the lock stays
      started = startDetached(logPath, command, env);
      deadline = Date.now() + START_MS;
    } else if (ended() === HELD && !busy) {
      busy = true; // somebody has the root, and does not come to answer
      deadline += BUSY_MS;
    } else if (ended() !== undefined && !busy && Date.now() > deadline - START_MS + 2_000)
      throw noSupervisor(root, lastLine(logPath, from) ?? ended() ?? "");
    if (Date.now() > deadline) throw noSupervisor(root, lastLine(logPath, from) ?? "it did not answer in time");
    await pause(wait);
  }
}

interface Started {
  readonly from: number; // where what it says begins in the log
  readonly ended: () => string | undefined;
}

function startDetached(logPath: string, words: readonly string[], env: Environment): Started {
  const log = openAppend(logPath);
  const from = sizeOf(log);
  const [command = "", ...rest] = words;
  const child = spawn(command, rest, { cwd: "/", detached: true, stdio: ["ignore", log, log], env: withoutSkep(env) });
  closeSync(log);
  let ended: string | undefined;
  child.once("error", (error) => (ended = reasonOf(error)));
  child.once("exit", (code, signal) => (ended = `it ended with ${signal ?? code}`));
  child.unref();
  return { from, ended: () => ended };
}

/** An agent that calls skep must not mark the supervisor as its own child. */
const withoutSkep = (env: Environment): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("SKEP_")));

function lastLine(path: string, from: number): string | undefined {
  const fd = openRead(path);
  if (fd === undefined) return undefined;
  try {
    return (
      readAt(fd, from, Math.min(MAX_RECORD, sizeOf(fd) - from))
        .toString("utf8")
        .trim()
        .split("\n")
        .at(-1)
        ?.replace(/^skep: (warning: )?/, "") || undefined
    );
  } finally {
    close(fd);
  }
}
