/**
 * What a reader that looks at a swarm again and again remembers: of agents whose files and processes are as they were nothing
 * is read, and of a live one that goes on only what its files have more.
 */
import type { Meta } from "../core/meta.ts";
import { makeSnapshot } from "../core/snapshot.ts";
import { stat } from "../disk.ts";
import { mayHaveEnded, type RunFacts } from "../process/liveness.ts";
import { runPaths } from "../process/run-files.ts";
import type { AgentPaths } from "../store/store.ts";
import type { Snapshot } from "../types.ts";
import { forget, type Journal, readJournal } from "./journal.ts";
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
  base: Base | undefined; // not read yet
  facts: RunFacts | undefined;
}
/** What an agent has from the beginning of a run to its end. */
interface Base {
  readonly meta: Meta;
  readonly observed: ObservedRun | undefined;
}
/** Sizes and times of files. */
interface Marks {
  readonly base: string; // meta.json, the folder of the runs
  readonly log: string;
  readonly run: string;
}
type IsAlive = (inbox: string) => boolean;

/** Of one root, and for one look at a time. */
export function makeMemory(tools: ReadTools): Memory {
  const { store } = tools;
  const known = new Map<string, Known>();
  let log = ""; // of the agent that is looked at, before it is read
  const marksAfter = (id: string, run: number): Marks => ({ ...marksOf(store.paths(id), run), log });
  return {
    isEmpty: () => known.size === 0,
    recall(id, isAlive) {
      const found = known.get(id);
      if (found !== undefined && isRight(tools, id, found, isAlive)) return found.agent;
      known.delete(id);
      log = markOf(store.paths(id).log);
      return undefined;
    },
    settled(id, agent) {
      if (!known.has(id)) known.set(id, { agent: once(agent), marks: marksAfter(id, agent.run), live: undefined });
    },
    read(id, { snapshot, logged, problems, meta }) {
      if (problems.length > 0) return; // they are told anew each time
      forget(logged);
      const live = snapshot.phase === "ended" ? undefined : { journal: logged, base: undefined, facts: undefined };
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
function isRight(tools: ReadTools, id: string, found: Known, isAlive: IsAlive): boolean {
  const { agent, marks: before, live } = found;
  const marks = marksOf(tools.store.paths(id), live?.base?.observed?.run ?? agent.run);
  const same = marks.log === before.log && marks.run === before.run && marks.base === before.base;
  if (live === undefined) return same && !isAlive(agent.inbox);
  if (same && live.base !== undefined && agent.inbox === "" && !mayHaveChanged(live.facts)) return true;
  return isGrown(before.log, marks.log) && goOn(tools, id, found, live, marks, isAlive);
}

/** Whether its processes may be others than they were, though no file tells of it. */
function mayHaveChanged(facts: RunFacts | undefined): boolean {
  if (facts?.kind === "orphaned") return mayHaveEnded(facts.child);
  if (facts?.kind !== "running") return facts?.kind === "gone" || facts?.kind === "unreadable";
  return facts.shim === undefined || facts.child === undefined || mayHaveEnded(facts.shim);
}

function goOn(tools: ReadTools, id: string, found: Known, live: Live, marks: Marks, isAlive: IsAlive): boolean {
  const { journal } = live;
  const base = live.base !== undefined && marks.base === found.marks.base ? live.base : readBase(tools, id, journal);
  if (base === undefined || base.observed?.intent.damaged !== undefined) return false;
  readJournal(journal);
  forget(journal);
  const { meta, observed } = base;
  const ahead = { ...journal, position: { ...journal.position } };
  const run = observed && freshRun(ahead, observed.run, observed.paths, observed.intent);
  const { facts, seen, reach } = lookAtRun(ahead, run, tools.now(), base === live.base ? live.facts : undefined);
  const snapshot = makeSnapshot(meta, ahead.state, factsOf(meta, ahead, facts, isAlive), reach);
  if (snapshot.phase === "ended") return false; // it is read as a whole once more, and then no more
  live.base = base;
  live.facts = seen;
  found.marks = marks;
  found.agent = settledOf(snapshot, found.agent.inbox);
  return true;
}

function readBase(tools: ReadTools, id: string, journal: Journal): Base | undefined {
  const meta = readMetaOf(tools, id);
  return meta && { meta, observed: newestRun(journal) };
}

function marksOf({ folder, meta, log }: AgentPaths, run: number): Marks {
  const { dir, out, err, mirror } = runPaths(folder, run);
  return {
    base: `${markOf(meta)} ${markOf(`${folder}/runs`)}`,
    log: markOf(log),
    run: run === 0 ? "" : [dir, out, err, mirror].map(markOf).join(" "),
  };
}

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
