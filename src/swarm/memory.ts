/**
 * What a reader that looks at a swarm again and again remembers: of agents whose files and processes are as they were nothing
 * is read, and of a live one that goes on only what its files have more.
 */
import type { Checkpoint } from "../core/checkpoint.ts";
import type { Meta } from "../core/meta.ts";
import { makeSnapshot } from "../core/snapshot.ts";
import { stat } from "../disk.ts";
import { isAlive, type RunFacts } from "../process/liveness.ts";
import { listRuns, runPaths } from "../process/run-files.ts";
import type { AgentPaths } from "../store/store.ts";
import type { Snapshot } from "../types.ts";
import { checkpointOf, forget, isFrom, type Journal, readJournal } from "./journal.ts";
import { freshRun, lookAtRun, newestRun, type ObservedRun } from "./observe.ts";
import { factsOf, type Memory, readMetaOf, type ReadTools, settledOf } from "./reload.ts";
import type { Settled } from "./swarm-index.ts";

interface Known {
  agent: Settled;
  marks: Marks;
  readonly live: Live | undefined; // of one that may go on
}
interface Live {
  readonly journal: Journal; // as far as the log goes
  read: Pick<Checkpoint, "at" | "guard"> | undefined; // of it
  base: Base | undefined; // not read yet, or not to be gone on with
  facts: RunFacts | undefined;
}
const liveFrom = (journal: Journal): Live => ({
  journal,
  read: checkpointOf(journal),
  base: undefined,
  facts: undefined,
});
/** What an agent has from the beginning of a run to its end. */
interface Base {
  readonly meta: Meta;
  readonly observed: ObservedRun | undefined;
  readonly isNewest: boolean; // of a run whose folder is there and nothing in it, all is still to come
}
/** Sizes and times of files. */
interface Marks {
  readonly base: string; // meta.json, the folder of the runs
  readonly log: string;
  readonly run: string;
}
const NOTHING = { base: "", log: "" };
type Listens = (inbox: string) => boolean;

/** Of one root, and for one look at a time. */
export function makeMemory(tools: ReadTools): Memory {
  const { store } = tools;
  const known = new Map<string, Known>();
  let before = NOTHING; // of the agent that is looked at, before it is read
  const marksAfter = (id: string, run: number): Marks => ({ ...marksOf(store.paths(id), run), ...before });
  return {
    isEmpty: () => known.size === 0,
    recall(id, listens) {
      const found = known.get(id);
      if (found !== undefined && isRight(tools, id, found, listens)) return found.agent;
      known.delete(id);
      before = { base: baseOf(store.paths(id)), log: markOf(store.paths(id).log) };
      return undefined;
    },
    settled(id, agent) {
      if (!known.has(id)) known.set(id, { agent: once(agent), marks: marksAfter(id, agent.run), live: undefined });
    },
    read(id, { snapshot, logged, problems, meta }) {
      if (problems.length > 0) return; // they are told anew each time
      forget(logged);
      const live = snapshot.phase === "ended" ? undefined : liveFrom(logged);
      const agent = settledOf(snapshot, logged.state.foreign > 0 ? meta.inboxPath : "");
      known.set(id, { agent, marks: marksAfter(id, snapshot.run), live });
    },
    keepOnly(ids) {
      const there = new Set(ids);
      for (const id of known.keys()) if (!there.has(id)) known.delete(id);
    },
  };
}

/** Whether what is known of the agent holds; that of a live one is brought up to date. */
function isRight(tools: ReadTools, id: string, found: Known, listens: Listens): boolean {
  const { agent, marks: before, live } = found;
  const marks = marksOf(tools.store.paths(id), live?.base?.observed?.run ?? agent.run);
  const same = marks.log === before.log && marks.run === before.run && marks.base === before.base;
  if (live === undefined) return same && !listens(agent.inbox);
  if (same && live.base !== undefined && agent.inbox === "" && !mayHaveChanged(live.facts)) return true;
  return isGrown(before.log, marks.log) && goOn(tools, id, found, live, marks, listens);
}

/** Whether its processes may be others than they were, though no file tells of it. */
function mayHaveChanged(facts: RunFacts | undefined): boolean {
  if (facts?.kind === "orphaned") return !isAlive(facts.child);
  if (facts?.kind !== "running") return facts?.kind === "gone" || facts?.kind === "unreadable";
  return facts.shim === undefined || facts.child === undefined || !isAlive(facts.shim);
}

function goOn(tools: ReadTools, id: string, found: Known, live: Live, marks: Marks, listens: Listens): boolean {
  const { journal } = live;
  if (live.read === undefined || !isFrom(journal.paths, live.read)) return false; // it was written anew
  const base = live.base !== undefined && marks.base === found.marks.base ? live.base : readBase(tools, id, journal);
  if (base === undefined || base.observed?.intent.damaged !== undefined) return false;
  readJournal(journal);
  forget(journal);
  live.read = checkpointOf(journal);
  const { meta, observed } = base;
  const ahead = { ...journal, position: { ...journal.position } };
  const run = observed && freshRun(ahead, observed.run, observed.paths, observed.intent);
  const { facts, seen, reach } = lookAtRun(ahead, run, tools.now(), base === live.base ? live.facts : undefined);
  const snapshot = makeSnapshot(meta, ahead.state, factsOf(meta, ahead, facts, listens), reach);
  if (snapshot.phase === "ended") return false; // it is read as a whole once more, and then no more
  live.base = base.isNewest ? base : undefined;
  live.facts = seen;
  found.marks = marks;
  found.agent = settledOf(snapshot, ahead.state.foreign > 0 ? meta.inboxPath : "");
  return true;
}

function readBase(tools: ReadTools, id: string, journal: Journal): Base | undefined {
  const meta = readMetaOf(tools, id);
  const newest = listRuns(journal.paths.folder).at(-1) ?? 0;
  const observed = newestRun(journal);
  return meta && { meta, observed, isNewest: (observed?.run ?? 0) === newest };
}

function marksOf(paths: AgentPaths, run: number): Marks {
  const { dir, out, err, mirror } = runPaths(paths.folder, run);
  return {
    base: baseOf(paths),
    log: markOf(paths.log),
    run: run === 0 ? "" : [dir, out, err, mirror].map(markOf).join(" "),
  };
}

const baseOf = ({ folder, meta }: AgentPaths): string => `${markOf(meta)} ${markOf(`${folder}/runs`)}`;

function markOf(path: string): string {
  const found = stat(path);
  return found === undefined ? "" : `${found.ino}:${found.size}:${found.mtimeMs}`;
}

/** Whether a log may be the one that was read, and more. */
function isGrown(before: string, now: string): boolean {
  const [[inode, size], [inodeNow, sizeNow]] = [before.split(":"), now.split(":")];
  return inode === inodeNow && Number(sizeNow ?? 0) >= Number(size ?? 0);
}

/** Its snapshot is the same value each time. */
function once(agent: Settled): Settled {
  let made: Snapshot | undefined;
  return { ...agent, snapshot: () => (made ??= agent.snapshot()) };
}
