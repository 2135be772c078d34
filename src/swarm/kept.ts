/** An agent that this process supervises: its log, open for appending, and what is known of its newest run. */
import type { Checkpoint } from "../core/checkpoint.ts";
import type { Meta } from "../core/meta.ts";
import { makeSnapshot } from "../core/snapshot.ts";
import type { Translate } from "../core/translate.ts";
import { inspectRun, type PidMoment, type RunFacts } from "../process/liveness.ts";
import { appendInbox, type InboxMessage, readInbox } from "../store/inbox-log.ts";
import type { AgentPaths } from "../store/store.ts";
import type { LogEntry, Runner, Snapshot, StampedEvent } from "../types.ts";
import type { Caller } from "./caller.ts";
import { hear, takeUp, type Talk } from "./dialogue.ts";
import { type Draft, forget, type Journal, openJournal, record } from "./journal.ts";
import { freshNet, type Net } from "./net.ts";
import { endOf, hasEnded, newestRun, NO_RUN, type ObservedRun, processFacts, reachOf } from "./observe.ts";
import { factsOf } from "./reload.ts";

export interface Kept {
  readonly id: string;
  meta: Meta;
  readonly journal: Journal;
  run: ObservedRun | undefined;
  facts: RunFacts | undefined; // of `run`
  before: PidMoment | undefined; // when no process of `run` was there yet; a supervisor that took it over does not know
  stale: boolean; // they are to be looked up anew
  snapshot: Snapshot; // as it was told last
  told: { readonly state: unknown; readonly facts: unknown; readonly meta: unknown }; // what it was made of
  runner: Runner | undefined; // of `run`, once it is loaded
  talk: Talk | undefined; // with `run`, when its runner speaks a two-way protocol
  readonly inbox: Map<string, InboxMessage>;
  readonly callers: Map<string, Caller>; // who sent a message that waits
  readonly runsFor: Map<string, number>; // runs started to hand over a message
  caller: Caller | undefined; // who asked last
  login: string | undefined; // that its newest run uses, or wants to
  readonly unsaid: StampedEvent[]; // events that listeners have not heard yet
  readonly sentAt: Map<string, InputPlace>;
  unsure: boolean; // whether all that the log says was sent is written: it is looked at before more is said
  late: boolean; // what is read now was written while nobody supervised
  starting: boolean; // a shim of ours has not claimed its run yet
  unsettled: boolean; // a shim that was given up may claim its run all the same
  stopping: boolean; // a stop is going on here
  failing: boolean; // its run is being ended for a fault
  linger: boolean; // something of the ended run still lives, and may write
  goneSince: number | undefined;
  pumping: boolean;
  watcher: { close(): void } | undefined;
  tended: number | undefined; // the run whose shim is this process's own child: its end is told
  readonly net: Net;
  pending: number; // changes that are asked for and not done: it is not let go of meanwhile
  /** One change at a time: what is asked meanwhile waits. */
  readonly serial: <T>(work: () => Promise<T>) => Promise<T>;
}
/** Where a message stands in a run's `in`. */
export interface InputPlace {
  readonly run: number;
  readonly at: number;
}

export function openKept(
  meta: Meta,
  paths: AgentPaths,
  translate: Translate,
  from?: Checkpoint,
  maxLogBytes: number = Number.POSITIVE_INFINITY,
): Kept {
  const sentAt = new Map<string, InputPlace>();
  // Where a message that was sent stands in `in` is told by the log alone.
  const start = from?.state.messages.some(({ state }) => state === "sent") === true ? undefined : from;
  const journal = openJournal(paths, translate, true, (entry) => noteSent(sentAt, entry), start);
  journal.maxLogBytes = maxLogBytes;
  forget(journal);
  const serial = oneByOne();
  const run = newestRun(journal);
  const facts = run === undefined ? undefined : inspectRun(run.paths, run.intent);
  const kept: Kept = {
    id: meta.id,
    meta,
    journal,
    run,
    facts,
    before: undefined,
    stale: true,
    snapshot: snapshotOf(meta, journal, run, facts),
    told: { state: journal.state, facts, meta },
    runner: undefined,
    talk: undefined,
    inbox: new Map(readInbox(paths.inbox).map((message) => [message.id, message])),
    callers: new Map(),
    runsFor: new Map(),
    caller: undefined,
    login: undefined,
    unsaid: [],
    sentAt,
    unsure: false,
    late: true,
    starting: false,
    unsettled: false,
    stopping: false,
    failing: false,
    linger: false,
    goneSince: undefined,
    pumping: false,
    watcher: undefined,
    tended: undefined,
    net: freshNet(),
    pending: 0,
    async serial(work) {
      kept.pending += 1;
      try {
        return await serial(work);
      } finally {
        kept.pending -= 1;
      }
    },
  };
  journal.heard = (entry, events) => {
    noteSent(sentAt, entry);
    // What an ended run left behind may go on talking: that is kept, and told to nobody.
    if (entry.origin.by !== "child" || journal.state.open) for (const event of events) kept.unsaid.push(event);
    if (kept.talk !== undefined) hear(kept.talk, entry);
  };
  return kept;
}

export const freshSnapshot = (kept: Kept): Snapshot => snapshotOf(kept.meta, kept.journal, kept.run, kept.facts);

function snapshotOf(meta: Meta, journal: Journal, run: ObservedRun | undefined, facts: RunFacts | undefined): Snapshot {
  const reach = run === undefined ? NO_RUN : reachOf(run.intent);
  if (run === undefined || facts === undefined)
    return makeSnapshot(meta, journal.state, factsOf(meta, journal, { kind: "none" }), reach);
  // Its processes have ended and its last lines are still to be taken in: it has ended when the log says so.
  const ending = endOf(facts) !== undefined && !hasEnded(journal, run);
  const process = ending ? ({ kind: "alive" } as const) : processFacts(facts, hasEnded(journal, run));
  return makeSnapshot(meta, journal.state, factsOf(meta, journal, process), reach);
}

/** Records an entry of skep's own; `run` where it belongs to one whose child may not be there yet. */
export function recordOwn(
  kept: Kept,
  now: number,
  type: string,
  fields: Readonly<Record<string, unknown>>,
  run?: number,
): void {
  record(kept.journal, [ownDraft(kept, type, fields, run)], now);
}

export const ownDraft = (
  { journal }: Kept,
  type: string,
  fields: Readonly<Record<string, unknown>>,
  run?: number,
): Draft => ({
  kind: "own",
  run: run ?? journal.run,
  type,
  fields,
});

/** Keeps a message, durably, then says so in the log. Does nothing twice. */
export function queueMessage(kept: Kept, message: InboxMessage, now: number, waits: boolean): void {
  const { inbox, journal } = kept;
  if (!inbox.has(message.id)) appendInbox(journal.paths.inbox, message);
  inbox.set(message.id, message);
  if (journal.state.messages.some(({ id }) => id === message.id)) return;
  recordOwn(kept, now, "message_queued", { message: message.id, ...(waits ? { waits } : {}) });
}

function noteSent(sentAt: Kept["sentAt"], { type, origin, data }: LogEntry): void {
  const { message, at } = data;
  if (type !== "message_sent" || origin.by !== "skep" || typeof message !== "string") return;
  if (typeof at === "number") sentAt.set(message, { run: origin.run, at });
}

/** The conversation with the newest run, taken up from the log if need be; none before the run's beginning is in the log. */
export function talkOf(kept: Kept): Talk | undefined {
  const { run, runner, journal, meta } = kept;
  if (run === undefined || run.intent.damaged !== undefined || runner?.dialogue === undefined) return undefined;
  if (journal.state.run !== run.run) return undefined;
  if (kept.talk?.run !== run.run) kept.talk = takeUp(runner.dialogue, meta, journal, run);
  return kept.talk;
}

export const isAlive = ({ facts }: Kept): boolean => facts?.kind === "running" || facts?.kind === "orphaned";

/** Work of which one piece is done at a time, in the order in which it was asked for. */
export function oneByOne(): Kept["serial"] {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next.catch(() => undefined); // whoever asked for it gets the error; the next one must not
    return next;
  };
}
