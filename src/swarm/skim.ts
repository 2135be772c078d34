/**
 * A first look at a log that another supervisor wrote: of types that leave nothing behind but the transcript, the last
 * answer and the activity, only the newest entries are folded. What a snapshot shows is the same as after a whole fold.
 */
import { apply } from "../core/apply.ts";
import { parseLine } from "../core/entry.ts";
import { linesOf, EMPTY } from "../core/transcript.ts";
import { INITIAL } from "../core/state.ts";
import { close, openRead, readAt, sizeOf } from "../disk.ts";
import { skimLog } from "../store/skim-log.ts";
import { isSplit } from "../store/segments.ts";
import type { AgentPaths } from "../store/store.ts";
import type { Translate } from "../core/translate.ts";
import type { LogEntry } from "../types.ts";
import { type Journal, openJournal, START_OF_LOG } from "./journal.ts";

const SHORT = 8 * 1024; // bytes: folded whole sooner than skimmed
const FIRST_TAIL = 2 * 1024; // bytes that are folded whole; eight times more when they show too little
const LINES = 8; // of the transcript, to show what a checkpoint keeps

/** The folded journal; nothing when the log is to be read whole. */
export function skimJournal(paths: AgentPaths, translate: Translate): Journal | undefined {
  if (translate.passing.size === 0) return undefined;
  const fd = openRead(paths.log);
  if (fd === undefined) return undefined;
  try {
    const size = sizeOf(fd);
    if (size < SHORT || isSplit(paths.log)) return undefined; // skep alone splits: it stamped what is in the segments
    for (let tail = FIRST_TAIL; tail < size; tail *= 8) {
      const journal = skimTo(fd, size - tail, size, paths, translate);
      if (journal !== "too little") return journal;
    }
    return undefined;
  } finally {
    close(fd);
  }
}

function skimTo(
  fd: number,
  from: number,
  size: number,
  paths: AgentPaths,
  translate: Translate,
): Journal | undefined | "too little" {
  const cut = nextLine(fd, from, size);
  if (cut === undefined) return "too little";
  let state = INITIAL;
  let passed = 0;
  const whole = skimLog(fd, cut, translate.passing, {
    line(text) {
      if (text.trim() === "") return;
      const entry = parseLine(text)?.entry;
      if (entry === undefined) state = { ...state, skipped: state.skipped + 1 };
      else state = apply(state, entry, translate).state;
    },
    passed() {
      passed += 1;
      if (state.previous === undefined) return;
      const { previous: _previous, ...others } = state; // the one right before was passed over: of another type
      state = others;
    },
  });
  if (!whole) return undefined;
  if (passed === 0) return undefined;
  const { activity: _activity, transcript: _transcript, answer: _answer, speech: _speech, ...rest } = state;
  const before = lastLineBefore(fd, cut);
  const previous = before === undefined ? {} : { previous: { data: before.data, at: before.received } };
  const start = { ...rest, ...previous, updated: 0, foreign: state.foreign + passed };
  const journal = openJournal(paths, translate, false, undefined, {
    ...START_OF_LOG,
    at: cut,
    state: { ...start, activity: "", transcript: EMPTY, answer: undefined },
  });
  const { activity, answer, transcript, updated } = journal.state;
  const enough = activity !== "" && answer !== undefined && updated > 0 && linesOf(transcript).length >= LINES;
  return enough ? journal : "too little";
}

/** The first line that begins at this byte or behind it. */
function nextLine(fd: number, from: number, size: number): number | undefined {
  const bytes = readAt(fd, from - 1, Math.min(LOOK, size - from + 1));
  const newline = bytes.indexOf(10);
  return newline === -1 ? undefined : from + newline;
}

/** The entry whose line ends right before: the next one may say it again. */
function lastLineBefore(fd: number, cut: number): LogEntry | undefined {
  const from = Math.max(0, cut - LOOK);
  const text = readAt(fd, from, cut - from).toString("utf8");
  return parseLine(text.slice(text.lastIndexOf("\n", text.length - 2) + 1))?.entry;
}
const LOOK = 64 * 1024; // bytes of a line at the cut
