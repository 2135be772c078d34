/** What skep stands on: the lock, the programs of the shim, the supervisor, the login. */
import { spawnSync } from "node:child_process";
import { version } from "../../build-info.ts";
import { reasonOf } from "../../errors.ts";
import { bootId, isAlive } from "../../process/liveness.ts";
import { systemTools } from "../../process/tools.ts";
import { probeLock } from "../../store/lock.ts";
import type { Environment, SwarmView } from "../../types.ts";
import { loginPlaces, protectionOf } from "../login.ts";
import type { Hello } from "../protocol.ts";
import { readRecord } from "../start.ts";
import type { Fault } from "./finding.ts";

export interface SupervisorMeans {
  /** Starts one, and returns when it answers. */
  start(): Promise<Hello>;
  /** Ends the one that runs; its agents go on. */
  stop(): Promise<void>;
}

export async function checkLock(root: string): Promise<Fault[]> {
  const why = await probeLock(root);
  if (why === undefined) return [];
  return [{ code: "no_flock", path: root, message: `two supervisors could not be kept apart there: ${why}` }];
}

export function checkTools(): Fault[] {
  try {
    const { tail, shell } = systemTools();
    const faults: Fault[] = [];
    if (!followsPid(tail))
      faults.push({
        code: "missing_tool",
        path: tail,
        message: "it takes no --pid: agents with an open stdin need coreutils' tail",
      });
    if (shell.kind === "sh")
      faults.push({
        code: "missing_tool",
        path: shell.path,
        message: "without bash, variables whose names sh cannot hold do not reach an agent",
        note: true,
      });
    return faults;
  } catch (error) {
    return [{ code: "missing_tool", message: `${reasonOf(error)}: no agent can be started` }];
  }
}

/** A process that is gone: one that takes it ends at once. */
const followsPid = (tail: string): boolean =>
  spawnSync(tail, ["-c", "+1", "-s", "0.1", "--pid=4194305", "-f", "/dev/null"], { stdio: "ignore", timeout: 5_000 })
    .status === 0;

/** The supervisor that answers, one that does not, and none where one is needed. */
export function checkSupervisor(
  root: string,
  hello: Hello | undefined,
  unwatched: readonly string[],
  means: SupervisorMeans,
): Fault[] {
  if (hello === undefined) {
    const record = readRecord(root);
    if (record !== undefined && record.boot === bootId() && isAlive(record))
      return [
        {
          code: "supervisor_stuck",
          path: root,
          message: `the supervisor, process ${record.pid}, does not answer: kill -9 ${record.pid} ends it, its agents go on`,
        },
      ];
    if (unwatched.length === 0) return [];
    return [
      {
        code: "unwatched",
        path: root,
        message: `nobody watches ${unwatched.slice(0, 8).join(", ")}${unwatched.length > 8 ? ", …" : ""}`,
        repair: "start a supervisor, which takes them over",
        mend: {
          async run() {
            const { pid } = await means.start();
            return `process ${pid} takes them over`;
          },
        },
      },
    ];
  }
  if (hello.version === version) return [];
  return [
    {
      code: "supervisor_version",
      path: root,
      message: `the supervisor, process ${hello.pid}, is skep ${hello.version}, this is ${version}`,
      repair: "replace it; its agents go on",
      mend: {
        async run() {
          await means.stop();
          const { pid } = await means.start();
          return `process ${pid} has taken its place`;
        },
      },
    },
  ];
}

/** Of the supervisor that runs, or of one that would be started here. */
export function checkLogin(env: Environment, hello: Hello | undefined): Fault[] {
  const { safe, why, hint } = protectionOf(loginPlaces(env), hello?.pid ?? "self");
  if (safe) return [];
  const who = hello === undefined ? "a supervisor started here" : `the supervisor, process ${hello.pid}`;
  return [{ code: "logout", message: `${who}: ${why}${hint === undefined ? "" : `; ${hint}`}`, note: true }];
}

/** Agents that a supervisor would have something to do for. */
export const unwatchedOf = (view: SwarmView, unseen: ReadonlySet<string>): readonly string[] =>
  view.agents
    .filter(
      ({ id, status, queued }) =>
        status === "running" || status === "pending" || queued !== undefined || unseen.has(id),
    )
    .map(({ id }) => id);
