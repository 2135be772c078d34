/**
 * A first look at a log that another supervisor wrote: of types that leave nothing behind but the transcript, the last
 * answer and the activity, only the newest entries are folded. What a snapshot shows is the same as after a whole fold.
 */
import { apply } from "../core/apply.ts";
import { parseLine } from "../core/entry.ts";
import { type AgentState, INITIAL } from "../core/state.ts";
import { EMPTY, lengthOf } from "../core/transcript.ts";
import type { Translate } from "../core/translate.ts";
import { type OpenFile, readAt } from "../disk.ts";
import { openingsOf, skimLines, skimLog, type SkimVisitor } from "../store/skim-log.ts";
import type { AgentPaths } from "../store/store.ts";
import { type Journal, journalAt, readJournalEnd, START_OF_LOG } from "./journal.ts";

const WINDOWS = [64, 512, 4096].map((kib) => kib * 1024); // bytes of a log's end that are held: more when they show too little
const NEAR = [96, 24, 12]; // lines before the end at which the whole fold may begin
const SHOWN = 8; // lines of the transcript, to show what a checkpoint keeps
const NEWLINE = 10;

/** The folded journal of a log that was never split; nothing when it is to be read whole. */
export function skimJournal(paths: AgentPaths, translate: Translate, log: OpenFile): Journal | undefined {
  const { size } = log.stats;
  for (const window of WINDOWS) {
    const from = Math.max(0, size - window);
    const journal = skimTo(from, readAt(log.fd, from, size - from), { fd: log.fd, paths, translate });
    if (journal !== "too little") return journal;
  }
  return undefined;
}

interface Skimmed {
  readonly fd: number;
  readonly paths: AgentPaths;
  readonly translate: Translate;
}
/** Where the whole fold may begin. */
interface Start {
  readonly at: number; // in the window
  readonly state: AgentState; // after the lines before it that count
  readonly passed: number; // others before it
}

/** `window`: the bytes of the file from here on. */
function skimTo(from: number, window: Buffer, { fd, paths, translate }: Skimmed): Journal | undefined | "too little" {
  const first = from === 0 ? 0 : beginningOfThird(window); // behind a whole line: what follows may say it again
  if (first === undefined) return "too little";
  const openings = openingsOf(translate.passing);
  const skimmer = makeSkimmer(translate);
  if (from > 0 && !skimLog(fd, from + first, openings, skimmer)) return undefined;
  const starts: Start[] = [{ at: first, ...skimmer.soFar() }];
  let at = first;
  for (const cut of cutsOf(window, first)) {
    if (!skimLines(window.subarray(at, cut), openings, skimmer)) break;
    at = cut;
    starts.push({ at, ...skimmer.soFar() });
  }
  // The nearest to the end that shows enough.
  for (const { at: start, state, passed } of starts.toReversed()) {
    const begin = passed === 0 ? state : behindPassed(state, passed, lastLine(window, start));
    const journal = journalAt(paths, translate, false, { ...START_OF_LOG, at: from + start, state: begin });
    readJournalEnd(journal, window.subarray(start));
    if (passed === 0 || showsEnough(journal.state)) return journal;
  }
  return "too little";
}

interface Skimmer extends SkimVisitor {
  readonly soFar: () => Omit<Start, "at">;
}
function makeSkimmer(translate: Translate): Skimmer {
  let state = INITIAL;
  let passed = 0;
  let gap = false;
  return {
    line(text) {
      if (text.trim() === "") return;
      if (gap) state = { ...state, previous: undefined }; // the one right before was passed over: of another type
      gap = false;
      const entry = parseLine(text)?.entry;
      if (entry === undefined) state = { ...state, skipped: state.skipped + 1 };
      else state = apply(state, entry, translate).state;
    },
    passed() {
      passed += 1;
      gap = true;
    },
    soFar: () => ({ state, passed }),
  };
}

function behindPassed(state: AgentState, passed: number, before: string): AgentState {
  const entry = parseLine(before)?.entry;
  return {
    ...state,
    speech: undefined,
    previous: entry === undefined ? undefined : { data: entry.data, at: entry.received },
    activity: "",
    transcript: EMPTY,
    answer: undefined,
    updated: 0,
    foreign: state.foreign + passed,
  };
}

const showsEnough = ({ activity, answer, transcript, updated }: AgentState): boolean =>
  activity !== "" && answer !== undefined && updated > 0 && lengthOf(transcript) >= SHOWN;

/** Where a line begins that has a whole one before it. */
function beginningOfThird(window: Buffer): number | undefined {
  const second = window.indexOf(NEWLINE) + 1;
  const third = second === 0 ? 0 : window.indexOf(NEWLINE, second) + 1;
  return third === 0 ? undefined : third;
}

/** Beginnings of lines that near to the end, the farthest first. */
function cutsOf(window: Buffer, first: number): readonly number[] {
  const cuts: number[] = [];
  let at = window.length - 1; // its last newline ends a line
  let lines = 0;
  for (const near of NEAR.toReversed()) {
    for (; lines < near && at > first; lines += 1) at = window.lastIndexOf(NEWLINE, at - 1);
    if (at <= first) break;
    cuts.unshift(at + 1);
  }
  return cuts;
}

/** The line that ends right before. */
const lastLine = (window: Buffer, at: number): string =>
  window.toString("utf8", at < 2 ? 0 : window.lastIndexOf(NEWLINE, at - 2) + 1, at - 1);
