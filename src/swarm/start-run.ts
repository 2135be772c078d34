/** Starts runs: what the runner describes is checked by the hooks, written down, and carried out by the shim. */
import { TASK_MESSAGE } from "../core/queue.ts";
import { timeOf } from "../core/entry.ts";
import { withoutMarks } from "../core/nested.ts";
import type { Meta } from "../core/meta.ts";
import { makeFolder, needFolder, realPath, stat, syncFolders, unsynced } from "../disk.ts";
import { dirGone, launchFailed, reasonOf, SkepError, swarmClosed } from "../errors.ts";
import { inboxPath } from "../process/inbox-socket.ts";
import { awaitClaim, startShim } from "../process/launch.ts";
import {
  bootId,
  inspectRun,
  machineId,
  pidMoment,
  pidNamespace,
  pidsSince,
  type RunFacts,
} from "../process/liveness.ts";
import { runMark } from "../process/mark.ts";
import {
  type Intent,
  listRuns,
  recoverIntent,
  type RunPaths,
  runPaths,
  voidClaim,
  writeIntent,
} from "../process/run-files.ts";
import { selfCommand } from "../process/self.ts";
import type { Launch, Runner, RunSpec, Snapshot, Stdin } from "../types.ts";
import type { Caller } from "./caller.ts";
import type { Hive } from "./hive.ts";
import type { Kept } from "./kept.ts";
import { endHold, endTurn, failureOf, release } from "./logins.ts";
import { translateFor } from "./load-plugins.ts";
import { freshRun } from "./observe.ts";
import { follow, pump } from "./supervise.ts";
import { callWithin, withLimit } from "./time-limit.ts";

/** A run as it is about to be written down. */
export interface PlannedRun {
  readonly run: number;
  readonly intent: Intent;
  readonly launch: Launch;
  readonly env: Record<string, string | undefined>;
  readonly umask: number;
  readonly held?: string; // why it is not to be started: nothing was asked of the hooks
}
export interface RunWish {
  readonly resuming: boolean;
  readonly caller: Caller;
  readonly message?: { readonly id: string; readonly text: string };
  readonly asked?: boolean; // a user asked for it just now: a login that failed is tried again
  readonly request?: string; // the client's own id of this wish: repeated, it starts nothing
}

/** Asks the runner and the hooks. Nothing is made yet: a refusal leaves no trace. */
export async function planRun(
  hive: Hive,
  runner: Runner,
  meta: Meta,
  agent: Snapshot,
  wish: RunWish,
): Promise<PlannedRun> {
  const { folder, session } = hive.store.paths(meta.id);
  const earlier = listRuns(folder);
  const run = 1 + Math.max(agent.run, ...earlier);
  const last = earlier.at(-1);
  const told = last === undefined ? undefined : recoverIntent(runPaths(folder, last), last);
  const before = told?.damaged === undefined ? told?.cwd : undefined;
  const paths = runPaths(folder, run);
  requireFolder(meta.dir);
  const spec: RunSpec = {
    agent,
    run,
    resuming: wish.resuming,
    args: meta.skep?.args ?? [],
    env: wish.caller.env,
    options: meta.skep?.options ?? {},
    paths: {
      inbox: meta.inboxPath,
      session,
      log: paths.mirror,
      dir: meta.dir,
      ...(before === undefined ? {} : { before }),
    },
    skep: selfCommand(),
    ...(wish.message === undefined ? {} : { message: wish.message }),
  };
  const launch = await describe(runner, spec);
  if (wish.asked === true) release(hive, launch.login);
  const held = failureOf(hive, launch.login);
  if (held === undefined) await hive.hooks.ask("agent:launch", launch, spec);
  const stdin: Stdin = launch.stdin ?? { kind: "none" };
  const intent: Intent = {
    run,
    resuming: wish.resuming,
    runner: runner.name,
    turns: launch.turns ?? runner.turns,
    output: launch.output ?? runner.output ?? "events",
    stdin: stdin.kind,
    args: [...spec.args],
    options: { ...spec.options },
    argv: launch.argv,
    cwd: launch.cwd ?? meta.dir,
    labels: { ...meta.skep?.labels },
    time: timeOf(hive.now()),
    boot: bootId(),
    pidns: pidNamespace(),
    machine: machineId(),
    ...(wish.message === undefined ? {} : { message: wish.message }),
    ...(wish.request === undefined ? {} : { request: wish.request }),
    ...(runner.verdict === undefined ? {} : { verdict: runner.verdict }),
    ...(runner.echoes === undefined ? {} : { echoes: runner.echoes }),
    ...(launch.agent_session === undefined ? {} : { agent_session: launch.agent_session }),
  };
  const env = { ...withoutMarks(wish.caller.env, meta.skep?.envNames), ...launch.env };
  return { run, intent, launch, env, umask: wish.caller.umask, ...(held === undefined ? {} : { held }) };
}

/** Throws SkepError "state" when a run could not work there. */
export function requireFolder(dir: string): void {
  if (stat(realPath(dir))?.isDirectory() !== true) throw dirGone(dir);
}

async function describe(runner: Runner, spec: RunSpec): Promise<Launch> {
  try {
    const launch = await withLimit(callWithin(() => runner.launch(spec)));
    if (launch.argv.length === 0) throw new TypeError("it gave no command");
    return launch;
  } catch (error) {
    if (error instanceof SkepError && error.code !== "timeout") throw error;
    throw launchFailed(runner.name, error, spec.resuming);
  }
}

/**
 * Writes the run down, makes it durable with what these folders hold besides, starts its shim, and returns when the run is claimed: from then on it needs nobody. When it throws
 * and `kept.unsettled` is left, the claim could not be taken from a shim that may have started: the run goes on being kept.
 */
export async function startRun(
  hive: Hive,
  kept: Kept,
  runner: Runner,
  planned: PlannedRun,
  folders: Set<string> = new Set<string>(),
): Promise<void> {
  const { folder } = hive.store.paths(kept.id);
  const { run, intent, launch, env, umask } = planned;
  const paths = runPaths(folder, run);
  kept.journal.translate = await translateFor(hive.plugins, kept.meta.runner); // a plugin may have changed meanwhile
  if (hive.closed) throw swarmClosed();
  const isNew = unsynced(folders, () => {
    needFolder(`${folder}/runs`);
    return makeFolder(paths.dir);
  });
  if (!isNew) throw launchFailed(intent.runner, new Error(`run ${run} exists already`));
  kept.starting = true;
  kept.run = freshRun(kept.journal, run, paths, intent);
  kept.facts = undefined;
  kept.before = pidMoment();
  kept.runner = runner;
  kept.login = launch.login;
  kept.linger = false;
  try {
    unsynced(folders, () => writeIntent(paths, intent));
    endHold(hive, kept);
    follow(hive, kept);
    await syncFolders(folders);
    if (hive.closed) throw swarmClosed();
    const { root } = hive.store;
    const mark = runMark(hive.rootInode(), kept.id, run);
    const { argv, stdin = { kind: "none" } } = launch;
    kept.unsettled = true;
    const shim = await startShim({ paths, argv, cwd: intent.cwd, env, umask, stdin, id: kept.id, root, mark });
    shim.once("exit", () => pump(hive, kept));
    kept.tended = run;
    if (!pidsSince(kept.before).includes(shim.pid ?? 0)) kept.before = undefined; // some containers are told the host's pids
    await awaitClaim(paths, shim, CLAIM_MS);
    kept.unsettled = false;
  } catch (error) {
    // Whoever has the claim decides: if it is ours the shim never starts, else it has started after all.
    const ours = giveUp(paths, error);
    if (ours !== undefined) kept.unsettled = false;
    endTurn(hive, launch.login, kept.id);
    if (ours !== false) throw launchFailed(intent.runner, error);
  } finally {
    kept.starting = false;
    kept.facts = lookAgain(paths, intent);
    pump(hive, kept);
  }
}

/** A look that fails must not undo a start: the next one is the supervisor's own. */
function lookAgain(paths: RunPaths, intent: Intent): RunFacts | undefined {
  try {
    return inspectRun(paths, intent);
  } catch {
    return undefined;
  }
}

/** Whether the claim is ours; `undefined`: the disk refused it, and nobody knows yet. */
function giveUp(paths: RunPaths, why: unknown): boolean | undefined {
  try {
    return voidClaim(paths, reasonOf(why));
  } catch {
    return undefined; // the supervisor tries again with each look at the agent
  }
}

const CLAIM_MS = 10_000;

/** Where the agent's inbox socket is, when its runner has one; an id's socket is the same for all its runs. */
export const inboxFor = (hive: Hive, id: string): string => inboxPath(hive.store.root, id, hive.env);

/** The task goes with the first run that can take it. */
export const taskOf = (kept: Kept): RunWish["message"] => {
  const { state } = kept.journal;
  const given = state.foreign > 0 || state.messages.some(({ id }) => id === TASK_MESSAGE);
  return given || kept.meta.task === "" ? undefined : { id: TASK_MESSAGE, text: kept.meta.task };
};
