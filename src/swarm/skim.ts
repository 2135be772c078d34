/**
 * A first look at a log that another supervisor wrote: of types that leave nothing behind but the transcript, the last
 * answer and the activity, only the newest entries are folded. What a snapshot shows is the same as after a whole fold.
 */
import { apply } from "../core/apply.ts";
import { parseLine } from "../core/entry.ts";
import { TAIL_KEPT } from "../core/checkpoint.ts";
import { TAIL } from "../core/snapshot.ts";
import { type AgentState, INITIAL } from "../core/state.ts";
import { EMPTY, lengthOf } from "../core/transcript.ts";
import type { Translate } from "../core/translate.ts";
import { type OpenFile, readAt } from "../disk.ts";
import { openingsOf, skimLines, skimLog, type SkimVisitor, startsWith } from "../store/skim-log.ts";
import type { AgentPaths } from "../store/store.ts";
import { compileLittle } from "./compile.ts";
import { type Journal, journalAt, readJournalEnd, SHORT_LOG, START_OF_LOG } from "./journal.ts";

const WINDOWS = [64, 512, 4096].map((kib) => kib * 1024); // bytes of a log's end that are held: more when they show too little
const NEWLINE = 10;
const spare = Buffer.allocUnsafe(64 * 1024); // nothing of it is kept, and a new one for each of thousands of logs is felt

/** The folded journal of a log that was never split; nothing when it is to be read whole. */
export function skimJournal(paths: AgentPaths, translate: Translate, log: OpenFile): Journal | undefined {
  const { size } = log.stats;
  for (const window of WINDOWS) {
    const from = Math.max(0, size - window);
    const bytes = readAt(log.fd, from, size - from, window === spare.length ? spare : undefined);
    const journal = skimTo(from, bytes, { fd: log.fd, paths, translate });
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
  const { openings } = passingOf(translate);
  const skimmer = makeSkimmer(translate);
  if (from > 0 && !skimLog(fd, from + first, openings, skimmer)) return undefined;
  const starts: Start[] = [{ at: first, ...skimmer.soFar() }];
  const lines = from + window.length < SHORT_LOG ? TAIL : TAIL_KEPT;
  const near = nearEnd(window, first, lines, translate);
  if (near > first && skimLines(window.subarray(first, near), openings, skimmer))
    starts.unshift({ at: near, ...skimmer.soFar() });
  for (const { at, state, passed } of starts) {
    const begin = passed === 0 ? state : behindPassed(state, passed, lastLine(window, at));
    const journal = journalAt(paths, translate, false, { ...START_OF_LOG, at: from + at, state: begin });
    readJournalEnd(journal, window.subarray(at));
    if (passed === 0 || showsEnough(journal.state, lines)) return journal;
  }
  return "too little";
}

/** How lines begin that may be passed over, and what such lines add to the transcript: the first of each type are asked. */
interface Passing {
  readonly openings: readonly Buffer[];
  readonly asked: number[];
  readonly speaks: (Speaks | undefined)[];
}
type Speaks = "answer" | "text";
const ASKED = 16; // lines of a type that say nothing, and the type is taken to say nothing ever

const known = new WeakMap<Translate, Passing>(); // a translation is that of thousands of agents
function passingOf(translate: Translate): Passing {
  const passing = known.get(translate) ?? { openings: openingsOf(translate.passing), asked: [], speaks: [] };
  known.set(translate, passing);
  return passing;
}

function ask({ asked, speaks }: Passing, type: number, line: string, translate: Translate): void {
  asked[type] = (asked[type] ?? 0) + 1;
  const entry = parseLine(line)?.entry;
  const events = (entry === undefined ? undefined : translate(entry)) ?? [];
  if (events.some((event) => event.kind === "message" && event.role === "assistant")) speaks[type] = "answer";
  else if (events.some(({ kind }) => kind === "message" || kind === "output")) speaks[type] = "text";
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

const showsEnough = ({ activity, answer, transcript, updated }: AgentState, lines: number): boolean =>
  activity !== "" && answer !== undefined && updated > 0 && lengthOf(transcript) >= lines;

/** Where a line begins that has a whole one before it. */
function beginningOfThird(window: Buffer): number | undefined {
  const second = window.indexOf(NEWLINE) + 1;
  const third = second === 0 ? 0 : window.indexOf(NEWLINE, second) + 1;
  return third === 0 ? undefined : third;
}

/** Where a line begins from which on the fold probably shows enough. To be wrong here costs a second fold. */
function nearEnd(window: Buffer, first: number, lines: number, translate: Translate): number {
  const passing = passingOf(translate);
  const { openings, asked, speaks } = passing;
  let shown = 0;
  let answered = false;
  let end = window.lastIndexOf(NEWLINE);
  while (end > first) {
    const start = window.lastIndexOf(NEWLINE, end - 1) + 1;
    const type = openings.findIndex((opening) => startsWith(window, start, opening));
    const isNew = type !== -1 && speaks[type] === undefined && (asked[type] ?? 0) < ASKED;
    if (isNew) ask(passing, type, window.toString("utf8", start, end), translate);
    const says = speaks[type];
    if (says !== undefined) shown += 1;
    if (says === "answer") answered = true;
    if (answered && shown >= lines) return start;
    end = start - 1;
  }
  return first;
}

compileLittle(skimTo, nearEnd, behindPassed, readJournalEnd);

/** The line that ends right before. */
const lastLine = (window: Buffer, at: number): string =>
  window.toString("utf8", at < 2 ? 0 : window.lastIndexOf(NEWLINE, at - 2) + 1, at - 1);
