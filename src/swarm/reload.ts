/** Reads the swarm from disk alone: no supervisor is needed, and nothing is written. */
import { TASK_MESSAGE } from "../core/queue.ts";
import type { Checkpoint } from "../core/checkpoint.ts";
import { isTime, timeOf } from "../core/entry.ts";
import type { Meta } from "../core/meta.ts";
import { oldestFirst } from "../core/selector.ts";
import type { Translate } from "../core/translate.ts";
import { endedAt } from "../core/ended.ts";
import { makeSnapshot } from "../core/snapshot.ts";
import type { ProcessFacts } from "../core/status.ts";
import { close, openFile } from "../disk.ts";
import { notFound, reasonOf, SkepError, systemCode } from "../errors.ts";
import { foreignIsAlive, lookForForeign } from "../process/inbox-socket.ts";
import { listRuns, recoverIntent, runPaths } from "../process/run-files.ts";
import { readAgentFolder, readMeta } from "../store/fs-store.ts";
import type { IndexRow } from "../store/index-file.ts";
import { isSplit } from "../store/segments.ts";
import type { AgentPaths, Store } from "../store/store.ts";
import { readInbox } from "../store/inbox-log.ts";
import type { Detail, Problem, Snapshot, SwarmView } from "../types.ts";
import { formatRow, isSettled, type Seal, sealOf, sealOfRun, type SeenFiles } from "./index-row.ts";
import { compileLittle } from "./compile.ts";
import { checkpointOf, type Journal, openJournal, SHORT_LOG } from "./journal.ts";
import { type PluginSet, translateFor } from "./load-plugins.ts";
import { lookAt } from "./observe.ts";
import { skimJournal } from "./skim.ts";
import { indexFor, offerRows, openIndex, type Settled, type SwarmIndex } from "./swarm-index.ts";

/** One agent as it stands now. `now` in ms. */
export interface ReadAgent {
  readonly meta: Meta;
  readonly journal: Journal;
  readonly logged: Journal; // as far as the log goes
  readonly snapshot: Snapshot;
  /** What of it is damaged and was read around. */
  readonly problems: readonly Problem[];
  /** For the index; absent where it would say what others may not be told. */
  readonly row?: IndexRow;
  /** It has ended, and nothing will come of it by itself. */
  readonly settled?: Settled;
  readonly folded: number; // bytes of the log that were folded anew
}
export interface ReadTools {
  readonly store: Store;
  readonly plugins: PluginSet;
  readonly now: () => number;
  /** Takes the place of `dir` in every agent, as the seed's option does. */
  readonly repoRoot?: string | undefined;
}

/**
 * Reads every agent, oldest first. One that cannot be read is a problem, and hides nobody else. `passesOver`: of agents
 * that ended those that are not wanted; they may be left out then, and are counted as hidden.
 */
export async function reload(
  tools: ReadTools,
  passesOver?: (agent: Settled) => boolean,
  memory?: Memory,
): Promise<SwarmView> {
  const { store, repoRoot } = tools;
  const problems: Problem[] = [];
  const agents: Snapshot[] = [];
  const isAlive = lookForForeign(); // all processes are looked at for it: once
  const index = memory?.isEmpty() === false ? undefined : openIndex(tools, undefined, isAlive);
  const fresh = new Map<string, IndexRow>();
  let work = 0;
  let hidden = 0;
  const ids = store.ids();
  memory?.keepOnly(ids);
  for (const id of ids) {
    try {
      const known = memory?.recall(id, isAlive) ?? (await index?.settled(id));
      if (known !== undefined) memory?.settled(id, known);
      if (known !== undefined && passesOver?.(known) === true) {
        hidden += 1;
        continue;
      }
      const snapshot = known?.snapshot();
      if (snapshot !== undefined) {
        agents.push(inRepo(snapshot, repoRoot));
        continue;
      }
      const agent = await readAgent(tools, id, { index: index ?? indexFor(tools, id), isAlive });
      if (agent === undefined) continue;
      memory?.read(id, agent);
      if (agent.settled !== undefined && passesOver?.(agent.settled) === true) hidden += 1;
      else agents.push(agent.snapshot);
      problems.push(...agent.problems);
      if (agent.row !== undefined) fresh.set(id, agent.row);
      work += 1 + agent.folded / WORK_BYTES;
    } catch (error) {
      problems.push({ path: store.paths(id).meta, code: problemCode(error), message: reasonOf(error) });
    }
  }
  if (index !== undefined && work > WORTH) offerRows(index, fresh);
  return { root: store.root, agents: oldestFirst(agents), hidden, problems };
}

export const settledOf = (snapshot: Snapshot, inbox: string, run: number = snapshot.run): Settled => ({
  session: snapshot.session_id ?? "",
  ended: snapshot.phase === "ended" ? endedAt(snapshot) : Number.POSITIVE_INFINITY,
  run,
  inbox,
  snapshot: () => snapshot,
});

/** What of agents holds from one look to the next. */
export interface Memory {
  readonly isEmpty: () => boolean;
  /** The agent as it stands, when little or nothing has to be read to know it. */
  recall(id: string, isAlive: (inbox: string) => boolean): Settled | undefined;
  /** What recall did not know, as the index has it, or as it was read. */
  settled(id: string, agent: Settled): void;
  read(id: string, agent: ReadAgent): void;
  readonly keepOnly: (ids: readonly string[]) => void;
}

const inRepo = (agent: Snapshot, repoRoot: string | undefined): Snapshot =>
  repoRoot === undefined ? agent : { ...agent, dir: repoRoot };

const problemCode = (error: unknown): string => (error instanceof SkepError ? error.code : (systemCode(error) ?? "io"));

// What makes a new index worth its writing: this many agents, or this many bytes of logs for each.
const WORTH = 200;
const WORK_BYTES = 64 * 1024;

/** What is known already, when many agents are read. */
interface Known {
  readonly index: Pick<SwarmIndex, "checkpoint"> | undefined;
  readonly isAlive: (inbox: string) => boolean;
}

/** `undefined` when there is no such agent. Throws SkepError "corrupt" when its meta.json cannot be read. */
export async function readAgent(tools: ReadTools, id: string, known?: Known): Promise<ReadAgent | undefined> {
  const found = findAgent(tools, id);
  if (found === undefined) return undefined;
  const translate = await translateFor(tools.plugins, found.meta.runner);
  const index = known === undefined ? indexFor(tools, id) : known.index;
  const from = await index?.checkpoint(id);
  return readFound(tools, found, translate, from, known?.isAlive);
}

/** An agent whose log was not read yet. */
interface Found {
  readonly meta: Meta;
  readonly run: number; // the newest, 0 for none
  readonly seen: Omit<SeenFiles, "log" | "split">;
}
function findAgent(tools: ReadTools, id: string): Found | undefined {
  const found = readAgentFolder(tools.store, id);
  if (found === undefined) return undefined;
  const paths = tools.store.paths(id);
  const run = listRuns(paths.folder).at(-1) ?? 0;
  const seen = { ...found.seen, run: sealOfRun(paths, run) };
  return { meta: completeMeta(tools, found.meta, run), run, seen };
}

function readFound(
  tools: ReadTools,
  { meta, run, seen: before }: Found,
  translate: Translate,
  from: Checkpoint | undefined,
  isAlive: Known["isAlive"] | undefined,
): ReadAgent {
  const { seal, journal } = openAt(tools.store.paths(meta.id), translate, before, from);
  const checkpoint = journal.position.at < SHORT_LOG ? undefined : checkpointOf(journal);
  const { seq } = journal;
  const logged = { ...journal, position: { ...journal.position } };
  const seen = lookAt(journal, tools.now(), run);
  const facts = factsOf(meta, journal, seen.facts, isAlive);
  const snapshot = makeSnapshot(meta, journal.state, facts, seen.reach);
  const whole = journal.seq === seq && seen.over && (seen.observed?.run ?? 0) === run;
  const settled = whole && isSettled(journal, snapshot);
  const { paths: files, intent } = seen.observed ?? {};
  const damaged = intent?.damaged;
  const problems =
    files === undefined || damaged === undefined ? [] : [{ path: files.intent, code: "corrupt", message: damaged }];
  const read = {
    meta,
    journal,
    logged,
    snapshot,
    problems,
    folded: journal.position.at - (from?.at ?? 0),
    ...(settled ? { settled: settledOf(snapshot, journal.state.foreign > 0 ? meta.inboxPath : "", run) } : {}),
  };
  if (tools.repoRoot !== undefined) return read; // another's `dir` is in it
  return { ...read, row: formatRow({ meta, journal, run, seal: settled ? seal : [] }, snapshot, checkpoint) };
}
compileLittle(findAgent, readFound, openAt, readAgentFolder, skimJournal, makeSnapshot, formatRow);

/**
 * The journal, and the seal of what it was read from: told of each file before it is read, and of the folder before all, so
 * that what changes meanwhile is seen the next time. The log is opened before its segments are looked for.
 */
function openAt(
  paths: AgentPaths,
  translate: Translate,
  before: Found["seen"],
  from: Checkpoint | undefined,
): { readonly seal: Seal; readonly journal: Journal } {
  const log = openFile(paths.log);
  try {
    const split = isSplit(paths.log);
    const seal = sealOf(paths, { ...before, log: log?.stats, split });
    const isPlain = log !== undefined && !split && from === undefined;
    const skimmed = isPlain ? skimJournal(paths, translate, log) : undefined;
    return { seal, journal: skimmed ?? openJournal(paths, translate, false, undefined, from) };
  } finally {
    if (log !== undefined) close(log.fd);
  }
}

/** meta.json, with what a rewrite by zot dropped taken from the newest intent. */
export function readMetaOf(tools: Pick<ReadTools, "store" | "repoRoot">, id: string): Meta | undefined {
  const meta = readMeta(tools.store, id);
  if (meta === undefined) return undefined;
  return completeMeta(tools, meta, listRuns(tools.store.paths(id).folder).at(-1) ?? 0);
}

function completeMeta({ store, repoRoot }: Pick<ReadTools, "store" | "repoRoot">, meta: Meta, run: number): Meta {
  const whole = meta.skep === undefined && run > 0 ? fromIntent(store.paths(meta.id).folder, meta, run) : meta;
  return repoRoot === undefined ? whole : { ...whole, dir: repoRoot };
}

function fromIntent(folder: string, meta: Meta, run: number): Meta {
  const intent = recoverIntent(runPaths(folder, run), run);
  if (intent === undefined || intent.damaged !== undefined) return meta;
  const { runner, args, options, labels } = intent;
  return { ...meta, runner, skep: { args, options, labels } };
}

/** An agent of another supervisor is looked up, never dialled; one of ours without a run is about to get its first. */
export function factsOf(
  meta: Meta,
  { state }: Journal,
  facts: ProcessFacts,
  isAlive: (inbox: string) => boolean = foreignIsAlive,
): ProcessFacts {
  const ours = facts.kind !== "none" && facts.kind !== "dead";
  if (ours) return facts;
  if (facts.kind === "none" && meta.skep !== undefined && state.run === 0) return { kind: "unclaimed" };
  return state.foreign > 0 && isAlive(meta.inboxPath) ? { kind: "alive" } : facts;
}

/** One agent in full. Throws SkepError "not_found". */
export async function readDetail(tools: ReadTools, id: string): Promise<Detail> {
  const agent = await readAgent(tools, id);
  if (agent === undefined) throw notFound(id);
  return detailOf(tools.store, agent);
}

export function detailOf(
  store: Store,
  { meta, journal, snapshot }: Pick<ReadAgent, "meta" | "journal" | "snapshot">,
): Detail {
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
  const sent = readInbox(inbox).filter(({ id }) => id !== TASK_MESSAGE); // of an agent that was held back it holds the task too
  const messages = [task, ...sent.map(({ id, time, text }) => ({ id, time, text }))]
    .filter(({ id }) => id !== TASK_MESSAGE || states.has(id))
    .map((message) => ({ ...message, state: states.get(message.id) ?? ("queued" as const) }));
  return { ...snapshot, runs, messages };
}
