/**
 * Keeps agents: follows their runs' files, records what came, tells the listeners, and sees a run through to its end.
 * Everything in `step` is synchronous, so that no two looks at one agent interleave.
 */
import { watch } from "node:fs";
import { NOBODY_STARTED_IT } from "../core/conclude.ts";
import { nextMessage } from "../core/queue.ts";
import { reasonOf } from "../errors.ts";
import { bootId, inspectRun, type RunFacts } from "../process/liveness.ts";
import { processesWithMark, runMark } from "../process/mark.ts";
import { createStop, voidClaim } from "../process/run-files.ts";
import { closeInput } from "../process/stdin.ts";
import { signalRun, sweep } from "../process/terminate.ts";
import { changesOf, tellHooks } from "./announce.ts";
import { failRun } from "./fail-run.ts";
import { GRACE_MS, type Hive, tellFault, tellWatchers } from "./hive.ts";
import { speak } from "./dialogue.ts";
import { freshSnapshot, isAlive, type Kept, ownDraft, recordOwn, talkOf } from "./kept.ts";
import { noticeLogin } from "./logins.ts";
import { record, rest } from "./journal.ts";
import { endOf, hasEnded, observe, type ObservedRun, recordEnd, userTurn } from "./observe.ts";

const BUDGET = 256 * 1024; // bytes of one look at a file: a flood must not hold up the others, nor requests, nor fill the memory with events
const LINGER_MS = 1_000; // an ended run is followed this long while something with its mark lives
const AGAIN_MS = 5; // Bun drops a change that follows another within a millisecond (19 of 60 measured; node and Deno none)
const QUIET_MS = 2_000; // a silent agent's log is closed: it costs a descriptor already, the handle of its shim
const POLL_MS = 50; // between looks where nothing can be watched
const GONE_MS = 2_000; // a shim may be about to write `exit`

/** Looks at an agent soon; many wishes at once make one look. `facts`: look at its processes too. */
export function pump(hive: Hive, kept: Kept, facts = true): void {
  if (facts) kept.stale = true;
  if (kept.pumping || hive.closed) return;
  kept.pumping = true;
  setImmediate(() => {
    kept.pumping = false;
    // Of a run that is being started nothing is to be seen before its claim, and that is looked for already.
    if (!hive.closed && !kept.starting && hive.kept.get(kept.id) === kept) look(hive, kept);
  });
}

/** Looks at an agent now. What goes wrong is told, and tried again later. */
export function look(hive: Hive, kept: Kept): void {
  try {
    step(hive, kept);
    hive.faults.delete(kept.id);
  } catch (error) {
    // A full disk, an unreadable file: said once, tried again with each tick; the child goes on writing meanwhile.
    tellFault(hive, kept.id, `${kept.id}: ${reasonOf(error)}`);
  }
}

function step(hive: Hive, kept: Kept): void {
  const { journal, run } = kept;
  let more = false;
  if (run !== undefined) {
    if (kept.stale || kept.facts === undefined) kept.facts = inspectRun(run.paths, run.intent, kept.facts);
    kept.stale = false;
    const { facts } = kept;
    const ended = hasEnded(journal, run);
    const options = { now: hive.now(), late: kept.late, between: () => settle(hive, kept) };
    if (!ended || kept.linger) more = observe(journal, run, facts, { ...options, budget: BUDGET });
    hive.answer(kept);
    if (!ended && isAlive(kept)) converse(hive, kept, run);
    if (!ended) failRun(hive, kept, run);
    if (!ended && !more) seeEnd(hive, kept, facts);
  }
  settle(hive, kept);
  publish(hive, kept);
  if (more) pump(hive, kept, false);
  else kept.late = false;
  if (!more && journal.seq > 0 && hive.now() - journal.state.updated > QUIET_MS) rest(journal);
  if (!more && (kept.unsure || nextMessage(journal.state) !== undefined)) hive.deliver(kept);
}

/** Says what a two-way protocol wants said now, and does what it asks for besides. */
function converse(hive: Hive, kept: Kept, run: ObservedRun): void {
  const { journal } = kept;
  const talk = talkOf(kept);
  if (talk === undefined) return;
  try {
    speak(talk, journal, run, hive.now());
  } catch (error) {
    kept.talk = undefined; // what of it was written is told by the log and by `in`: it is taken up anew
    throw error;
  }
  const { then, failed } = talk.outcome;
  if (failed !== undefined && !talk.failureTold) recordOwn(kept, hive.now(), "dialogue_failed", { error: failed });
  talk.outcome = {};
  if (then?.to === "close") closeInput(run.paths);
  if (then?.to === "signal") signalRun(run.paths, then.signal);
}

/** Records the run's end once its processes are gone and nothing more can come. */
function seeEnd(hive: Hive, kept: Kept, facts: RunFacts): void {
  const { run } = kept;
  if (run === undefined) return;
  const now = hive.now();
  if (facts.kind === "unclaimed" && !kept.starting && voidClaim(run.paths, NOBODY_STARTED_IT)) {
    return finish(hive, kept, inspectRun(run.paths, run.intent));
  }
  if (facts.kind === "exited" && lingers(hive, kept)) {
    if (now - facts.at < LINGER_MS) return later(hive, kept, 20);
    kept.linger = true;
    return finish(hive, kept, facts);
  }
  if (facts.kind === "gone") {
    kept.goneSince ??= now;
    if (now - kept.goneSince < GONE_MS) return later(hive, kept, 100);
    // Whoever is second sees the other: a subshell that was only slow finds `stop`, or we find its child.
    createStop(run.paths);
    return finish(hive, kept, inspectRun(run.paths, run.intent));
  }
  // Who stops it says that it is over; what was seen of it here has been ended.
  if (facts.kind === "unreadable" && kept.journal.state.stop?.run === run.run) {
    createStop(run.paths);
    return finish(hive, kept, { kind: "gone" });
  }
  if (facts.kind === "exited" || facts.kind === "void") finish(hive, kept, facts);
}

const lingers = (hive: Hive, { id, run, before }: Kept): boolean =>
  run !== undefined && processesWithMark(runMark(hive.rootInode(), id, run.run), before).length > 0;

function finish(hive: Hive, kept: Kept, facts: RunFacts): void {
  const { run, journal } = kept;
  kept.facts = facts;
  const end = endOf(facts);
  if (run === undefined || end === undefined) return;
  const options = { now: hive.now(), late: kept.late, rest: true, between: () => settle(hive, kept) };
  const cancelled = journal.state.cancelling && run.intent.turns === "resume";
  observe(journal, run, facts, options);
  recordEnd(journal, run, end, options);
  journal.writer?.sync();
  // A shim that was killed has left the feeder of its child's stdin behind.
  if (facts.kind === "gone" && run.intent.boot === bootId()) closeInput(run.paths);
  kept.goneSince = undefined;
  settle(hive, kept);
  if (cancelled) sweepRun(hive, kept, run);
  if (kept.linger) return;
  kept.watcher?.close();
  kept.watcher = undefined;
  rest(journal);
}

/** A turn that was cancelled with its run: the agent is gone, its tools may work on in sessions of their own. */
function sweepRun(hive: Hive, kept: Kept, { run }: ObservedRun): void {
  void kept
    .serial(() => sweep(runMark(hive.rootInode(), kept.id, run), GRACE_MS))
    .catch((error: unknown) => hive.warn(`${kept.id}: ${reasonOf(error)}`));
}

/** Of an ended run nothing is looked for any more once nothing of it lives. */
export function endLinger(hive: Hive, kept: Kept): void {
  if (lingers(hive, kept)) return;
  look(hive, kept);
  kept.linger = false;
  follow(hive, kept);
  rest(kept.journal);
}

/** Writes down what the fold made of messages: an earlier supervisor may not have come to it. */
function settle(hive: Hive, kept: Kept): void {
  const { journal } = kept;
  const drafts = journal.state.messages.flatMap((message) => {
    const { id, state, recorded, why } = message;
    if (state === recorded || state === "sent") return [];
    const entry = (type: string, more: object = {}): ReturnType<typeof ownDraft> =>
      ownDraft(kept, type, { message: id, run: message.run, ...more });
    if (state !== "done" && state !== "delivered") return [entry(`message_${state}`, why === undefined ? {} : { why })];
    const delivered = recorded === "delivered" ? [] : [entry("message_delivered"), ...said(kept, id)];
    return state === "done" ? [...delivered, entry("message_done")] : delivered;
  });
  record(journal, drafts, hive.now(), kept.late);
}

/** A user's turn that was sent into a run and that the agent does not print itself. */
function said({ run, inbox, journal }: Kept, id: string): ReturnType<typeof userTurn> {
  const message = inbox.get(id);
  return run === undefined || message === undefined ? [] : userTurn(journal.run, run.intent, message);
}

function publish(hive: Hive, kept: Kept): void {
  const { journal, facts, meta, told, snapshot: before } = kept;
  const same = told.state === journal.state && told.facts === facts && told.meta === meta;
  if (same && facts?.kind === "running" && kept.unsaid.length === 0) return;
  kept.told = { state: journal.state, facts, meta };
  const now = freshSnapshot(kept);
  const events = kept.unsaid.splice(0);
  kept.snapshot = now;
  noticeLogin(hive, kept, events);
  if (events.length === 0 && changesOf(before, now).length === 0) return;
  tellHooks(hive.hooks, before, now, events);
  tellWatchers(hive, { change: "set", agent: now });
}

/** Follows the newest run's folder. One inotify descriptor serves all; the tick is the net below it. */
export function follow(hive: Hive, kept: Kept): void {
  kept.watcher?.close();
  kept.watcher = undefined;
  if (kept.run === undefined || (hasEnded(kept.journal, kept.run) && !kept.linger)) return;
  if ("Deno" in globalThis && kept.run.intent.stdin === "open") {
    // Deno's watcher opens whatever is made in the folder, the FIFO of an open stdin too, and is never closed again then.
    const looking = setInterval(() => pump(hive, kept), POLL_MS).unref();
    kept.watcher = { close: () => clearInterval(looking) };
    return;
  }
  const again = setTimeout(() => pump(hive, kept), AGAIN_MS).unref();
  try {
    const watcher = watch(kept.run.paths.dir, (_event: string, name: string | null) => {
      again.refresh();
      const grew = name === "out" || name === "err" || name === "mirror";
      pump(hive, kept, !(grew && isAlive(kept) && kept.snapshot.run === kept.run?.run));
    });
    watcher.on("error", (error) => {
      if (kept.watcher === watcher) kept.watcher = undefined;
      watcher.close();
      hive.warn(`${kept.id}: not watched, looked at each second: ${reasonOf(error)}`);
    });
    kept.watcher = watcher;
  } catch (error) {
    hive.warn(`${kept.id}: not watched, looked at each second: ${reasonOf(error)}`);
  }
}

function later(hive: Hive, kept: Kept, ms: number): void {
  setTimeout(() => pump(hive, kept), ms).unref();
}

/** Nobody keeps the agent here any more. */
export function letGo(hive: Hive, kept: Kept): void {
  kept.watcher?.close();
  rest(kept.journal);
  kept.journal.closed = true;
  hive.kept.delete(kept.id);
}
