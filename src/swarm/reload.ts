/** Reads the swarm from disk alone: no supervisor is needed, and nothing is written. */
import { TASK_MESSAGE } from "../core/queue.ts";
import { isTime, timeOf } from "../core/entry.ts";
import type { Meta } from "../core/meta.ts";
import { byStarted } from "../core/selector.ts";
import { makeSnapshot } from "../core/snapshot.ts";
import type { ProcessFacts } from "../core/status.ts";
import { notFound, reasonOf, SkepError, systemCode } from "../errors.ts";
import { foreignIsAlive } from "../process/inbox-socket.ts";
import { listRuns, recoverIntent, runPaths } from "../process/run-files.ts";
import { readMeta, type Store } from "../store/fs-store.ts";
import { readInbox } from "../store/inbox-log.ts";
import type { Detail, Problem, Snapshot, SwarmView } from "../types.ts";
import { type Journal, openJournal } from "./journal.ts";
import { type PluginSet, translateFor } from "./load-plugins.ts";
import { lookAt } from "./observe.ts";

/** One agent as it stands now. `now` in ms. */
export interface ReadAgent {
  readonly meta: Meta;
  readonly journal: Journal;
  readonly snapshot: Snapshot;
  /** What of it is damaged and was read around. */
  readonly problems: readonly Problem[];
}
export interface ReadTools {
  readonly store: Store;
  readonly plugins: PluginSet;
  readonly now: () => number;
  /** Takes the place of `dir` in every agent, as the seed's option does. */
  readonly repoRoot?: string | undefined;
}

/** Reads every agent, oldest first. One that cannot be read is a problem, and hides nobody else. */
export async function reload(tools: ReadTools): Promise<SwarmView> {
  const problems: Problem[] = [];
  const agents: Snapshot[] = [];
  for (const id of tools.store.ids()) {
    try {
      const agent = await readAgent(tools, id);
      if (agent === undefined) continue;
      agents.push(agent.snapshot);
      problems.push(...agent.problems);
    } catch (error) {
      problems.push({ path: tools.store.paths(id).meta, code: problemCode(error), message: reasonOf(error) });
    }
  }
  agents.sort(byStarted);
  return { root: tools.store.root, agents, hidden: 0, problems };
}

const problemCode = (error: unknown): string => (error instanceof SkepError ? error.code : (systemCode(error) ?? "io"));

/** `undefined` when there is no such agent. Throws SkepError "corrupt" when its meta.json cannot be read. */
export async function readAgent(tools: ReadTools, id: string): Promise<ReadAgent | undefined> {
  const meta = readMetaOf(tools, id);
  if (meta === undefined) return undefined;
  const journal = openJournal(tools.store.paths(id), await translateFor(tools.plugins, meta.runner), false);
  const seen = lookAt(journal, tools.now());
  const snapshot = makeSnapshot(meta, journal.state, factsOf(meta, journal, seen.facts), seen.reach);
  const { paths, intent } = seen.observed ?? {};
  const damaged = intent?.damaged;
  const problems =
    paths === undefined || damaged === undefined ? [] : [{ path: paths.intent, code: "corrupt", message: damaged }];
  return { meta, journal, snapshot, problems };
}

/** meta.json, with what a rewrite by zot dropped taken from the newest intent. */
export function readMetaOf(tools: Pick<ReadTools, "store" | "repoRoot">, id: string): Meta | undefined {
  const meta = readMeta(tools.store, id);
  if (meta === undefined) return undefined;
  const whole = meta.skep === undefined ? fromIntent(tools.store, meta) : meta;
  return tools.repoRoot === undefined ? whole : { ...whole, dir: tools.repoRoot };
}

function fromIntent(store: Store, meta: Meta): Meta {
  const { folder } = store.paths(meta.id);
  const run = listRuns(folder).at(-1);
  const intent = run === undefined ? undefined : recoverIntent(runPaths(folder, run), run);
  if (intent === undefined || intent.damaged !== undefined) return meta;
  const { runner, args, options, labels } = intent;
  return { ...meta, runner, skep: { args, options, labels } };
}

/** An agent of another supervisor is looked up, never dialled; one of ours without a run is about to get its first. */
export function factsOf(meta: Meta, { state }: Journal, facts: ProcessFacts): ProcessFacts {
  const ours = facts.kind !== "none" && facts.kind !== "dead";
  if (ours) return facts;
  if (facts.kind === "none" && meta.skep !== undefined && state.run === 0) return { kind: "unclaimed" };
  return state.foreign > 0 && foreignIsAlive(meta.inboxPath) ? { kind: "alive" } : facts;
}

/** One agent in full. Throws SkepError "not_found". */
export async function readDetail(tools: ReadTools, id: string): Promise<Detail> {
  const agent = await readAgent(tools, id);
  if (agent === undefined) throw notFound(id);
  return detailOf(tools.store, agent);
}

export function detailOf(store: Store, { meta, journal, snapshot }: Omit<ReadAgent, "problems">): Detail {
  const { folder, inbox } = store.paths(meta.id);
  const runs = journal.state.runs.map(({ run, started, ended, exit }) => ({
    run,
    started: timeOf(started),
    ...(ended === undefined ? {} : { ended: timeOf(ended) }),
    ...(exit === undefined ? {} : { exit }),
    argv: recoverIntent(runPaths(folder, run), run)?.argv ?? [],
  }));
  const states = new Map(journal.state.messages.map((message) => [message.id, message.state]));
  const task = { id: TASK_MESSAGE, time: isTime(meta.started) ? meta.started : timeOf(0), text: meta.task };
  const sent = readInbox(inbox).map(({ id, time, text }) => ({ id, time, text }));
  const messages = [task, ...sent]
    .filter(({ id }) => id !== TASK_MESSAGE || states.has(id))
    .map((message) => ({ ...message, state: states.get(message.id) ?? ("queued" as const) }));
  return { ...snapshot, runs, messages };
}
