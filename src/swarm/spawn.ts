/** Starts agents. All that can be refused is refused before anything is made. */
import type { Caller } from "./caller.ts";
import { translateFor } from "./load-plugins.ts";
import { isAbsolute } from "node:path";
import { timeOf } from "../core/entry.ts";
import { isId } from "../core/id.ts";
import { parseApproval } from "../core/approval.ts";
import { MAX_TASK, type Meta } from "../core/meta.ts";
import { makeSnapshot } from "../core/snapshot.ts";
import { INITIAL } from "../core/state.ts";
import type { Translate } from "../core/translate.ts";
import { exists, makeFolders, needFolder, realPath, stat, syncFolder, unsynced } from "../disk.ts";
import {
  badApproval,
  badTask,
  emptyTask,
  idTaken,
  launchFailed,
  noSuchFolder,
  notInstalled,
  reasonOf,
  runnerLacks,
  SkepError,
  swarmClosed,
} from "../errors.ts";
import { writeMeta } from "../store/fs-store.ts";
import type { Detected, Environment, Runner, Snapshot, SpawnRequest } from "../types.ts";
import type { SpawnOptions } from "./api.ts";
import { type Hive, tellFault } from "./hive.ts";
import { mend } from "./journal.ts";
import { newId } from "./new-id.ts";
import { freshSnapshot, type Kept, openKept, queueMessage } from "./kept.ts";
import { endTurn, holdBack, takeTurn } from "./logins.ts";
import { NO_RUN } from "./observe.ts";
import { TASK_MESSAGE } from "../core/queue.ts";
import { inboxFor, planRun, startRun } from "./start-run.ts";
import { letGo } from "./supervise.ts";
import { callWithin, withLimit } from "./time-limit.ts";

/** Throws SkepError "usage" with the runner's hint when what it starts is not installed. */
async function requireProgram(runner: Runner, env: Environment): Promise<void> {
  let detected: Detected | undefined;
  try {
    detected = await withLimit(callWithin(() => runner.detect?.(env)));
  } catch (error) {
    throw launchFailed(runner.name, error);
  }
  if (detected !== undefined && "missing" in detected) throw notInstalled(runner.name, detected.missing, detected.hint);
}

export async function spawnAgent(
  hive: Hive,
  request: SpawnRequest,
  options: SpawnOptions,
  caller: Caller,
): Promise<Kept> {
  await hive.hooks.ask("agent:spawn", request);
  const runner = await hive.plugins.runner(request.runner, caller.env);
  checkRequest(request, runner);
  await requireProgram(runner, caller.env);
  const id = options.id ?? newId(request.name ?? request.task);
  if (!isId(id)) throw idTaken(id, "it is no id");
  const meta = describeAgent(hive, id, request, options);
  const agent: Snapshot = makeSnapshot(meta, INITIAL, { kind: "unclaimed" }, NO_RUN);
  const message = { id: TASK_MESSAGE, text: request.task };
  const planned = await planRun(hive, runner, meta, agent, { resuming: false, caller, message });
  const translate = await translateFor(hive.plugins, meta.runner);
  const { login } = planned.launch;
  const held = planned.held ?? (await takeTurn(hive, login, id));
  if (hive.closed) throw swarmClosed();
  makeFolders(hive.store.root);
  const folders = new Set<string>(); // whose names are not durable yet
  if (!unsynced(folders, () => hive.store.claim(id))) throw idTaken(id, "it is taken");
  let kept: Kept | undefined;
  try {
    // No pause up to here: nobody else may find the agent and think that its spawn was cut off.
    kept = unsynced(folders, () => makeAgent(hive, meta, translate));
    kept.caller = caller;
    kept.late = false;
    hive.kept.set(id, kept);
    if (held === undefined) await startRun(hive, kept, runner, planned, folders);
    else {
      folders.forEach(syncFolder);
      queueMessage(kept, { ...message, time: meta.started, by: caller.by }, hive.now(), false);
      holdBack(hive, kept, login, held);
    }
  } catch (error) {
    endTurn(hive, login, id);
    // Nothing of it has run: no half-made agent is left. What may run yet is kept, and shown as what becomes of it.
    if (kept?.unsettled !== true) {
      if (kept !== undefined) letGo(hive, kept);
      hive.unmade.add(id);
      clearUnmade(hive, id);
    }
    throw error instanceof SkepError ? error : launchFailed(runner.name, error);
  }
  kept.snapshot = freshSnapshot(kept);
  return kept;
}

/** All that lies in an agent's folder itself. */
function makeAgent(hive: Hive, meta: Meta, translate: Translate): Kept {
  const paths = hive.store.paths(meta.id);
  writeMeta(hive.store, meta);
  needFolder(`${paths.folder}/runs`);
  const kept = openKept(meta, paths, translate, undefined, hive.settings.maxLogBytes);
  mend(kept.journal);
  return kept;
}

/** Takes an agent's folder away that came to nothing. A disk that is full may refuse that too: it is tried again then. */
export function clearUnmade(hive: Hive, id: string): void {
  const about = `${id}: its spawn failed`;
  try {
    hive.store.discard(id);
    hive.unmade.delete(id);
    hive.faults.delete(about);
  } catch (error) {
    tellFault(hive, about, `${about}, and its folder cannot be taken away: ${reasonOf(error)}`);
  }
}

const COMMON_OPTIONS = ["model", "provider"] as const;

function checkRequest(request: SpawnRequest, runner: Runner): void {
  if (request.task.trim() === "") throw emptyTask();
  const bytes = Buffer.byteLength(request.task);
  if (bytes > MAX_TASK)
    throw badTask(`it has ${bytes} bytes, more than ${MAX_TASK}`, "put it into a file and name that in the task");
  if (!isAbsolute(request.dir) || stat(realPath(request.dir))?.isDirectory() !== true) throw noSuchFolder(request.dir);
  const given = [...COMMON_OPTIONS.filter((key) => request[key] !== undefined), ...Object.keys(request.options ?? {})];
  const accepts = [...(runner.accepts ?? []), ...(runner.asks === true ? ["approve"] : [])];
  for (const key of given) if (!accepts.includes(key)) throw runnerLacks(runner.name, key);
  const approve = request.options?.["approve"];
  if (approve !== undefined && parseApproval(approve) === undefined) throw badApproval(approve);
}

function describeAgent(hive: Hive, id: string, request: SpawnRequest, options: SpawnOptions): Meta {
  const paths = hive.store.paths(id);
  const { model, provider, session_id, labels, args, parent, notes } = request;
  return {
    id,
    task: request.task,
    dir: request.dir,
    started: timeOf(hive.now()),
    inboxPath: inboxFor(hive, id),
    eventLogPath: paths.log,
    sessionPath: paths.session,
    runner: request.runner,
    ...(model === undefined ? {} : { model }),
    ...(provider === undefined ? {} : { provider }),
    ...(session_id === undefined || session_id === "" ? {} : { sessionId: session_id }),
    skep: {
      args: args ?? [],
      ...(labels === undefined ? {} : { labels }),
      ...(parent === undefined ? {} : { parent }),
      ...(notes === undefined ? {} : { notes }),
      ...(request.options === undefined ? {} : { options: request.options }),
      ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
      ...(options.envNames === undefined ? {} : { envNames: options.envNames }),
    },
    rest: {},
  };
}

/** Whether an earlier try of the same request made the agent. A folder that it left without a record makes way. */
export function spawnedBefore(hive: Hive, id: string): boolean {
  hive.unmade.delete(id); // it is wanted again
  if (!isId(id) || !exists(hive.store.paths(id).folder)) return false;
  if (exists(hive.store.paths(id).meta)) return true;
  hive.store.discard(id);
  return false;
}
