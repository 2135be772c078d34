/** Looks at a root and at what it stands on, from files and processes alone: no supervisor is needed, and none is disturbed. */
import { stat } from "../../disk.ts";
import { reasonOf, SkepError } from "../../errors.ts";
import { inboxPath } from "../../process/inbox-socket.ts";
import { inspectRun } from "../../process/liveness.ts";
import { openJournal } from "../../swarm/journal.ts";
import { translateFor } from "../../swarm/load-plugins.ts";
import { hasEnded, newestRun } from "../../swarm/observe.ts";
import { type ReadTools, reload } from "../../swarm/reload.ts";
import type { Environment, SwarmView } from "../../types.ts";
import type { Hello } from "../protocol.ts";
import { findSupervisor, socketOf } from "../start.ts";
import { checkFiles, checkSocket } from "./check-files.ts";
import { checkProcesses } from "./check-processes.ts";
import { checkRecords } from "./check-records.ts";
import {
  checkLock,
  checkLogin,
  checkSupervisor,
  checkTools,
  type SupervisorMeans,
  unwatchedOf,
} from "./check-system.ts";
import type { Fault } from "./finding.ts";

export async function examine(tools: ReadTools, env: Environment, means: SupervisorMeans): Promise<Fault[]> {
  const { store } = tools;
  const { root } = store;
  const hello = await answering(root, env);
  const system = [...checkTools(), ...checkLogin(env, hello)];
  if (stat(root) === undefined) return system; // nothing was ever started here
  const files = checkFiles(root);
  const lock = await checkLock(root);
  let view: SwarmView;
  try {
    view = await reload(tools);
  } catch (error) {
    if (!(error instanceof SkepError)) throw error;
    return [...system, ...lock, ...files, { code: "not_own_file", path: root, message: reasonOf(error) }];
  }
  const unseen = hello === undefined ? await unseenEnds(tools, view) : new Set<string>();
  return [
    ...system,
    ...lock,
    ...checkSupervisor(root, hello, unwatchedOf(view, unseen), means),
    ...sockets(root, env, hello, view),
    ...files,
    ...checkRecords(store, view),
    ...checkProcesses(store, view),
  ];
}

async function answering(root: string, env: Environment): Promise<Hello | undefined> {
  try {
    return await findSupervisor(root, env);
  } catch (error) {
    if (error instanceof SkepError) return undefined; // what answers there is no supervisor
    throw error;
  }
}

function sockets(root: string, env: Environment, hello: Hello | undefined, view: SwarmView): Fault[] {
  const own = hello === undefined ? checkSocket(socketOf(root, env)) : [];
  const ended = view.agents.filter(({ phase }) => phase === "ended");
  return [...own, ...ended.flatMap(({ id }) => checkSocket(inboxPath(root, id, env), id))];
}

/** Agents whose run has ended, and whose log does not say so. */
async function unseenEnds(tools: ReadTools, view: SwarmView): Promise<ReadonlySet<string>> {
  const unseen = new Set<string>();
  for (const { id, phase, runner } of view.agents) {
    if (phase !== "ended") continue;
    const journal = openJournal(tools.store.paths(id), await translateFor(tools.plugins, runner), false);
    const run = newestRun(journal);
    if (run === undefined || run.intent.damaged !== undefined || hasEnded(journal, run)) continue;
    const { kind } = inspectRun(run.paths, run.intent);
    if (kind === "exited" || kind === "gone" || kind === "void") unseen.add(id);
  }
  return unseen;
}
