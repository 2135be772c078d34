/**
 * The log of one agent with the state it folds to. The supervisor appends and then folds; a reader has no writer and only
 * folds, in memory: what both know comes from the same lines of code.
 */
import { apply } from "../core/apply.ts";
import {
  type ChildStamp,
  type Cursor,
  childEntry,
  formatChild,
  formatOwn,
  moved,
  type Output,
  type ParsedLine,
  parseLine,
  type Pieces,
  type Stamp,
  START,
  type Stream,
} from "../core/entry.ts";
import { type Checkpoint, shorten } from "../core/checkpoint.ts";
import { type AgentState, INITIAL } from "../core/state.ts";
import type { Translate } from "../core/translate.ts";
import { close, openRead, readAt, stat } from "../disk.ts";
import { swarmClosed } from "../errors.ts";
import { recoverIntent, runPaths } from "../process/run-files.ts";
import { doneWith } from "./collect.ts";
import { hasLineFrom, openLog, readLog, readLogEnd, type LogVisitor, type LogWriter } from "../store/event-log.ts";
import { readLogAt } from "../store/segments.ts";
import type { AgentPaths } from "../store/store.ts";
import type { LinePosition } from "../store/lines.ts";
import type { LogEntry, StampedEvent } from "../types.ts";

/** A line of a child is stored in the log up to 1 MiB, and parsed up to 16. */
export const MAX_STORED: number = 1024 * 1024;
export const MAX_PARSED: number = 16 * 1024 * 1024;

export interface Journal {
  readonly paths: AgentPaths;
  translate: Translate; // a supervisor's changes when a plugin does
  readonly position: LinePosition; // in the log, with its segments
  state: AgentState;
  seq: number;
  run: number; // that the cursor stands in
  cursor: Cursor;
  /** A supervisor's: what is recorded is appended first. Else it is folded in memory alone. */
  readonly writes: boolean;
  writer?: LogWriter;
  /** Its file was let go of when it had as many bytes, all of them folded. */
  rested?: number;
  maxLogBytes?: number; // of events.jsonl, before it is split
  /** Nobody keeps the agent here any more: the log may be another's by now. */
  closed?: true;
  /** Told of each entry when it is on disk and folded. Not of what was read from the log. */
  heard?: Heard;
}

/** Sees an entry after it was folded, and what it meant. `text` makes its line of the log, without the newline: at once or never. */
export type Heard = (entry: LogEntry, events: readonly StampedEvent[], text: () => string) => void;

/** Something to append: an entry of skep's own, or a line of a child with the cursor behind it. */
export type Draft =
  | {
      readonly kind: "own";
      readonly type: string;
      readonly run: number;
      readonly fields: Readonly<Record<string, unknown>>;
    }
  | {
      readonly kind: "child";
      readonly run: number;
      readonly from: Stream;
      readonly at: number;
      readonly bytes: number;
      readonly text: string;
      readonly eol: boolean;
      readonly output: Output;
    };

/** Folds the log, on from a checkpoint if there is one. A log that is missing is an empty one. */
export function openJournal(
  paths: AgentPaths,
  translate: Translate,
  writes: boolean,
  visit?: Heard,
  from?: Omit<Checkpoint, "guard">,
): Journal {
  const journal = journalAt(paths, translate, writes, from ?? START_OF_LOG);
  readJournal(journal, visit);
  return journal;
}

/** One that stands there, and has read nothing yet. */
export function journalAt(
  paths: AgentPaths,
  translate: Translate,
  writes: boolean,
  { at, state, seq, run, cursor }: Omit<Checkpoint, "guard">,
): Journal {
  return { paths, translate, writes, position: { at, scanned: at }, state, seq, run, cursor };
}

export const START_OF_LOG: Omit<Checkpoint, "guard"> = { at: 0, state: INITIAL, seq: 0, run: 0, cursor: START };

export const SHORT_LOG: number = 64 * 1024; // bytes: folded from its beginning rather than from a checkpoint

/** As far as the log was folded. What a reader added in memory must not be in it yet. */
export function checkpointOf({ paths, position, state, seq, run, cursor }: Journal): Checkpoint | undefined {
  const guard = guardAt(paths.log, position.at);
  return guard === undefined ? undefined : { at: position.at, guard, seq, run, cursor, state: shorten(state) };
}

/** Whether the log is the one that was folded, grown at most. */
export const isFrom = ({ log }: AgentPaths, { at, guard }: Pick<Checkpoint, "at" | "guard">): boolean =>
  guardAt(log, at) === guard;

const GUARD = 64; // bytes
function guardAt(log: string, at: number): string | undefined {
  const from = Math.max(0, at - GUARD);
  const bytes = readLogAt(log, from, at - from);
  return bytes.length === at - from ? bytes.toString("latin1") : undefined;
}

/** Folds what came into the log since the last time. */
export function readJournal(journal: Journal, visit?: Heard): void {
  readLog(journal.paths.log, journal.position, folding(journal, visit));
}

/** The same of a log that has no segments, and whose bytes from the journal's position on are at hand. */
export const readJournalEnd = (journal: Journal, bytes: Buffer): void =>
  readLogEnd(bytes, journal.position, folding(journal));

function folding(journal: Journal, visit?: Heard): LogVisitor {
  return {
    entry(line, text) {
      // Numbers rise: what stands there again is a part of the log that was doubled.
      if (line.stamp !== undefined && line.stamp.seq <= journal.seq) return skip(journal);
      if (line.stamp !== undefined) advance(journal, line.stamp);
      const whole = wholeEntry(journal.paths, line);
      const applied = apply(journal.state, whole, journal.translate);
      journal.state = applied.state;
      visit?.(line.entry, applied.events, () => text);
      doneWith(whole === line.entry ? text.length : Number(line.entry.data["bytes"]));
    },
    skipped: () => skip(journal),
  };
}

function skip(journal: Journal): void {
  journal.state = { ...journal.state, skipped: journal.state.skipped + 1 };
}

function advance(journal: Journal, { seq, run, cursor }: Stamp): void {
  journal.seq = seq;
  journal.run = run;
  journal.cursor = cursor;
}

/**
 * Appends, then folds: nothing is shown that was not kept. `t` is the receipt in ms; `late`: nobody supervised when it was
 * written. Throws when the disk took less: drafts of a child's lines must then be made anew, from the cursor.
 */
export function record(journal: Journal, drafts: readonly Draft[], t: number, late = false): void {
  if (drafts.length === 0) return;
  if (journal.writes) mend(journal);
  const before = { seq: journal.seq, run: journal.run, cursor: journal.cursor };
  const pieces: Pieces = [];
  const ends: number[] = [];
  const entries = drafts.map((draft) => {
    const entry = format(journal, draft, t, pieces);
    ends.push(pieces.push("\n"));
    return entry;
  });
  try {
    // Another supervisor's child may hold the file that it writes to.
    const limit = journal.state.foreign > 0 ? undefined : journal.maxLogBytes;
    const size = journal.writer?.append(pieces.join(""), limit);
    // Read no more: it is folded below.
    if (size !== undefined) Object.assign(journal.position, { at: size, scanned: size });
  } catch (error) {
    // How much of it is on disk is not known: `mend` reads the tail again, as on start.
    Object.assign(journal, before);
    journal.writer?.close();
    delete journal.writer;
    throw error;
  }
  let line = 0;
  const text = (): string => pieces.slice(ends[line - 1] ?? 0, (ends[line] ?? 0) - 1).join("");
  for (const entry of entries) {
    const applied = apply(journal.state, entry, journal.translate, late);
    journal.state = applied.state;
    journal.heard?.(entry, applied.events, text);
    line += 1;
  }
  if (journal.writes) forget(journal);
}

/** A supervisor shows a tail of what was said: whole transcripts of hundreds of agents would fill it. */
export function forget(journal: Journal): void {
  if (journal.state.transcript.full.length > 0) journal.state = shorten(journal.state);
}

/** Opens the log for appending if it is not, and goes on from its last whole stamped line. */
export function mend(journal: Journal): void {
  if (journal.closed === true) throw swarmClosed();
  if (journal.writer !== undefined) return;
  journal.writer = openLog(journal.paths.log);
  delete journal.rested;
  // Whole lines that stand there are those of an append that failed behind them: they are heard of now.
  readJournal(journal, journal.heard);
  // What stands behind them is torn, and ended by the next append: a replay counts it as skipped, so it is counted here too.
  const { from } = journal.writer;
  const size = from + (stat(journal.paths.log)?.size ?? 0);
  const torn = hasLineFrom(journal.paths.log, journal.position.at - from);
  Object.assign(journal.position, { at: size, scanned: size });
  if (torn) skip(journal);
}

/** Lets go of the file: the next record opens it again. */
export function rest(journal: Journal): void {
  if (journal.writer === undefined) return; // after an append that failed there is none: `mend` is still to come
  journal.rested = journal.position.at - journal.writer.from;
  journal.writer.close();
  delete journal.writer;
}

/** Whether it is as `rest` left it: there is nothing to mend, and nobody else has written. */
export const isResting = ({ paths, rested }: Journal): boolean =>
  rested !== undefined && stat(paths.log)?.size === rested;

function format(journal: Journal, draft: Draft, t: number, pieces: Pieces): LogEntry {
  if (draft.run !== journal.run) {
    journal.run = draft.run;
    journal.cursor = START;
  }
  if (draft.kind === "child") {
    journal.cursor = moved(journal.cursor, draft.from, draft.at + draft.bytes + (draft.eol ? 1 : 0));
  }
  journal.seq += 1;
  const { seq, run, cursor } = journal;
  if (draft.kind === "own") return pushOwn(pieces, draft.type, draft.fields, { seq, run, t, cursor });
  const { from, at, bytes, eol, text, output } = draft;
  const stamp = { seq, run, t, cursor, source: { from, at, eol } };
  if (bytes <= MAX_STORED) return formatChild(pieces, text, output, stamp);
  const own = pushOwn(pieces, "line_too_long", { from, at, bytes }, { seq, run, t, cursor });
  return tooLong(own, text, output, stamp);
}

function pushOwn(pieces: Pieces, type: string, fields: Readonly<Record<string, unknown>>, stamp: Stamp): LogEntry {
  const line = formatOwn(type, fields, stamp);
  const parsed = parseLine(line);
  if (parsed === undefined) throw new TypeError(`an entry of skep's own does not parse: ${type}`);
  pieces.push(line);
  return parsed.entry;
}

/** A long line is folded as what it says, though only its place is in the log; one beyond 16 MiB as its place alone. */
const tooLong = (own: LogEntry, text: string, output: Output, stamp: ChildStamp): LogEntry =>
  text === "" ? own : childEntry(text, output, stamp);

function wholeEntry(paths: AgentPaths, { entry, stamp }: ParsedLine): LogEntry {
  if (entry.type !== "line_too_long" || entry.origin.by !== "skep" || stamp === undefined) return entry;
  const { from, at, bytes } = entry.data;
  if ((from !== "out" && from !== "err" && from !== "mirror") || typeof at !== "number" || typeof bytes !== "number")
    return entry;
  if (bytes > MAX_PARSED) return entry;
  const run = runPaths(paths.folder, stamp.run);
  const fd = openRead(run[from]);
  if (fd === undefined) return entry;
  try {
    const text = readAt(fd, at, bytes).toString("utf8");
    const output = recoverIntent(run, stamp.run)?.output ?? "events";
    return tooLong(entry, text, output, { ...stamp, source: { from, at, eol: stamp.cursor[from] > at + bytes } });
  } finally {
    close(fd);
  }
}
