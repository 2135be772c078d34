/**
 * Brings a journal up to what the newest run's files hold: its beginning, the child's lines, its end. The supervisor and a
 * reader do this by the same code; they differ in what they wait for before they call a run over.
 */
import { conclude, type RunEnd } from "../core/conclude.ts";
import { type Cursor, type Stream, START } from "../core/entry.ts";
import { TASK_MESSAGE } from "../core/queue.ts";
import type { ProcessFacts, Reach } from "../core/status.ts";
import { close, openRead, stat } from "../disk.ts";
import { inspectRun, type RunFacts } from "../process/liveness.ts";
import { type Intent, listRuns, recoverIntent, type RunPaths, runPaths } from "../process/run-files.ts";
import { hasLineFrom } from "../store/event-log.ts";
import { type LinePosition, readLines } from "../store/lines.ts";
import { doneWith } from "./collect.ts";
import { type Draft, isResting, type Journal, MAX_PARSED, mend, record } from "./journal.ts";

/** The newest run of an agent, and how far its files were read. */
export interface ObservedRun {
  readonly run: number;
  readonly paths: RunPaths;
  readonly intent: Intent;
  positions: Record<Stream, LinePosition>;
}

/** The newest run that was written down; one whose intent is missing was cut off before anything could start. */
export function newestRun(journal: Journal): ObservedRun | undefined {
  for (const run of listRuns(journal.paths.folder).toReversed()) {
    const paths = runPaths(journal.paths.folder, run);
    const intent = recoverIntent(paths, run);
    if (intent !== undefined) return { run, paths, intent, positions: positionsAt(journal, run) };
  }
  return undefined;
}

/** A run that has just been made. */
export const freshRun = (journal: Journal, run: number, paths: RunPaths, intent: Intent): ObservedRun => ({
  run,
  paths,
  intent,
  positions: positionsAt(journal, run),
});

const positionsAt = (journal: Journal, run: number): Record<Stream, LinePosition> => {
  const { out, err, mirror }: Cursor = journal.run === run ? journal.cursor : START;
  const at = (offset: number): LinePosition => ({ at: offset, scanned: offset });
  return { out: at(out), err: at(err), mirror: at(mirror) };
};

export interface ObserveOptions {
  readonly now: number; // ms
  readonly late: boolean;
  readonly budget?: number; // bytes of each file
  readonly rest?: boolean; // no more will come: what stands behind the last newline is a line too
  /** Called after each append. While a message is sent and its turn has not started, that is after each line. */
  readonly between?: () => void;
}

export const STREAMS = ["out", "err", "mirror"] as const;
const BATCH = 500; // lines of one append

/** Records what the run's files hold beyond the journal's cursor. Returns whether the budget left something over. */
export function observe(journal: Journal, observed: ObservedRun, facts: RunFacts, options: ObserveOptions): boolean {
  if (journal.writes && !isResting(journal)) mend(journal);
  catchUp(journal, observed);
  if (journal.state.run < observed.run) {
    const child = childOf(facts);
    if (child === undefined) return false; // its first line comes after its beginning, and that after its child
    record(journal, beginning(observed, child.pid), options.now, options.late);
  }
  try {
    return STREAMS.map((from) => ingest(journal, observed, from, options)).includes(true);
  } catch (error) {
    observed.positions = positionsAt(journal, observed.run);
    throw error;
  }
}

/** Of an append that failed a part may stand in the log nevertheless: it is not to be taken in again. */
function catchUp(journal: Journal, { run, positions }: ObservedRun): void {
  if (journal.run !== run) return;
  for (const from of STREAMS) {
    const at = journal.cursor[from];
    if (positions[from].at < at) positions[from] = { at, scanned: at };
  }
}

/** Whether the run's files hold what the log does not: something wrote after its end. */
export const hasMore = (journal: Journal, { run, paths }: ObservedRun): boolean =>
  journal.run === run && STREAMS.some((from) => holdsMore(paths[from], journal.cursor[from]));

/** Empty lines make no entries: no cursor ever stands behind those at a file's end. */
export const holdsMore = (path: string, at: number): boolean => (stat(path)?.size ?? 0) > at && hasLineFrom(path, at);

/** The entries a run begins with. What it was started with is delivered, since the child exists. */
function beginning({ run, intent }: ObservedRun, pid: number): readonly Draft[] {
  const { message, resuming, runner } = intent;
  const own = (type: string, fields: Readonly<Record<string, unknown>>): Draft => ({ kind: "own", type, run, fields });
  const started = own("agent_started", { run, pid, resuming, runner });
  if (message === undefined) return [started];
  return [started, own("message_delivered", { message: message.id, run }), ...userTurn(run, intent, message)];
}

/** A user turn that the agent does not print itself. An agent without turns has none: its task is its command line. */
export function userTurn(
  run: number,
  intent: Intent,
  message: { readonly id: string; readonly text: string },
): readonly Draft[] {
  if (intent.echoes === true || (intent.turns === "none" && message.id === TASK_MESSAGE)) return [];
  const content = [{ type: "text", text: message.text }];
  return [{ kind: "own", type: "user_message", run, fields: { message: message.id, content } }];
}

function ingest(journal: Journal, observed: ObservedRun, from: Stream, options: ObserveOptions): boolean {
  const { now, late, budget, rest = false, between } = options;
  const path = observed.paths[from];
  if (!hasGrown(path, observed.positions[from], rest)) return false;
  const fd = openRead(path);
  if (fd === undefined) return false;
  const { run, intent } = observed;
  let batch: Draft[] = [];
  let sum = 0; // of its lines' bytes
  const size = (): number =>
    between !== undefined && journal.state.messages.some(({ state }) => state === "sent") ? 1 : BATCH;
  let full = size();
  const flush = (): void => {
    if (batch.length === 0) return;
    record(journal, batch, now, late);
    batch = [];
    between?.();
    doneWith(sum);
    sum = 0;
    full = size();
  };
  try {
    const lines = { limit: MAX_PARSED, rest, ...(budget === undefined ? {} : { budget }) };
    const more = readLines(fd, observed.positions[from], lines, ({ at, bytes, text, eol }) => {
      if (bytes === 0 || text?.trim() === "") return;
      sum += bytes;
      if (batch.push({ kind: "child", run, from, at, bytes, eol, text: text ?? "", output: intent.output }) >= full)
        flush();
    });
    flush();
    return more;
  } finally {
    close(fd);
  }
}

/** Most looks find nothing: to open a file, or to fail at it, costs ten times as much. */
function hasGrown(path: string, { at, scanned }: LinePosition, rest: boolean): boolean {
  const found = stat(path);
  return found !== undefined && !(found.isFile() && found.size <= (rest ? at : Math.max(at, scanned)));
}

/** How the run ended, for `conclude`; `undefined` while it has not, as far as these facts go. */
export function endOf(facts: RunFacts): RunEnd | undefined {
  switch (facts.kind) {
    case "exited":
      return { kind: "exited", code: facts.code, hadChild: facts.child !== undefined };
    case "gone":
      return { kind: "gone" };
    case "void":
      return { kind: "void", reason: facts.reason };
    default:
      return undefined;
  }
}

/** Records the run's end. What its files hold must have been recorded before. */
export function recordEnd(journal: Journal, { run, intent }: ObservedRun, end: RunEnd, options: ObserveOptions): void {
  const exit = conclude(journal.state, end, intent);
  record(journal, [{ kind: "own", type: "agent_stopped", run, fields: { run, ...exit } }], options.now, options.late);
}

export const hasEnded = (journal: Journal, { run }: ObservedRun): boolean =>
  journal.state.run >= run && !journal.state.open;

/**
 * A reader's look at the newest run: all that is there now, and its end as soon as its processes have ended. `run`: the newest
 * that was found a moment ago, 0 for none.
 */
export const lookAt = (journal: Journal, now: number, run?: number): Look =>
  lookAtRun(journal, run === 0 ? undefined : newestRun(journal), now);

/** The same at a run that is known; `before`: what was seen of its processes last. */
export function lookAtRun(journal: Journal, observed: ObservedRun | undefined, now: number, before?: RunFacts): Look {
  if (observed === undefined) return { facts: { kind: "none" }, reach: NO_RUN, over: true };
  const facts = inspectRun(observed.paths, observed.intent, before);
  const end = endOf(facts);
  const ended = hasEnded(journal, observed);
  const options = { now, late: true, rest: end !== undefined };
  observe(journal, observed, facts, options);
  if (end !== undefined && !ended) recordEnd(journal, observed, end, options);
  const over = (facts.kind === "exited" || facts.kind === "void") && observed.intent.damaged === undefined;
  const known = processFacts(facts, hasEnded(journal, observed));
  return { facts: known, reach: reachOf(observed.intent), observed, seen: facts, over };
}
interface Look {
  readonly facts: ProcessFacts;
  readonly reach: Reach;
  readonly observed?: ObservedRun;
  readonly seen?: RunFacts; // of it
  readonly over: boolean; // its end is told by its files, whoever lives
}

export const NO_RUN: Reach = { run: 0, turns: "live", input: false };
export const reachOf = ({ run, turns, stdin }: Intent): Reach => ({
  run,
  turns,
  input: turns === "none" && stdin === "open",
});

/** `ended`: the log has the run's end; a claim that a power loss took does not undo it. */
export function processFacts(facts: RunFacts, ended: boolean): ProcessFacts {
  const pid = childOf(facts)?.pid;
  switch (facts.kind) {
    case "running":
      return { kind: "alive", ...(pid === undefined ? {} : { pid }) };
    case "orphaned":
      return { kind: "orphaned", ...(pid === undefined ? {} : { pid }) };
    case "unclaimed":
    case "elsewhere":
    case "unreadable":
      return { kind: ended ? "dead" : facts.kind };
    default:
      return { kind: "dead" };
  }
}

const childOf = (facts: RunFacts): { readonly pid: number } | undefined => ("child" in facts ? facts.child : undefined);
