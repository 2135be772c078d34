import type { EventHandler, Runner, Snapshot, StampedEvent } from "../types.ts";
import { apply } from "./apply.ts";
import { conclude, type RunKind } from "./conclude.ts";
import { type Cursor, childEntry, formatOwn, type Output, parseLine, START } from "./entry.ts";
import { TASK_MESSAGE } from "./queue.ts";
import { makeSnapshot } from "./snapshot.ts";
import { type AgentState, INITIAL } from "./state.ts";
import { makeTranslate } from "./translate.ts";

/** How a runner's output is read. */
export interface TranscriptFold extends RunKind {
  readonly handlers: readonly EventHandler[];
  readonly output: Output;
  readonly echoes?: Runner["echoes"];
}
export interface TranscriptRun {
  readonly lines: readonly string[]; // of stdout, without their newlines
  readonly prompts?: readonly number[]; // lines before which a live agent is sent one more message
  readonly exit?: { readonly code?: number }; // absent: its process is taken as alive; without a code: as lost
}
export interface FoldedTranscript {
  readonly state: AgentState;
  readonly snapshot: Snapshot;
  readonly events: readonly StampedEvent[];
}

/** Folds lines of a child's stdout as if one run had printed them and ended so. */
export const foldTranscript = (
  lines: readonly string[],
  fold: TranscriptFold,
  exit?: TranscriptRun["exit"],
): FoldedTranscript => foldRuns([{ lines, ...(exit === undefined ? {} : { exit }) }], fold);

/** Folds runs of one agent, one after the other, through the same code as a live child's lines. */
export function foldRuns(runs: readonly TranscriptRun[], fold: TranscriptFold): FoldedTranscript {
  const translate = makeTranslate(fold.handlers);
  const events: StampedEvent[] = [];
  let state = INITIAL;
  let seq = 0;
  const t = 0;
  const take = (entry: Parameters<typeof apply>[1]): void => {
    const applied = apply(state, entry, translate);
    state = applied.state;
    events.push(...applied.events);
  };
  const own = (run: number, cursor: Cursor, type: string, fields: Readonly<Record<string, unknown>>): void => {
    const parsed = parseLine(formatOwn(type, fields, { seq: (seq += 1), run, t, cursor }));
    if (parsed !== undefined) take(parsed.entry);
  };
  for (const [index, { lines, exit, prompts = [] }] of runs.entries()) {
    const run = index + 1;
    let cursor = START;
    const message = index === 0 ? TASK_MESSAGE : `m-${index}`;
    own(run, cursor, "agent_started", { run, resuming: index > 0 });
    own(run, cursor, "message_delivered", { message, run });
    for (const [number, line] of lines.entries()) {
      if (prompts.includes(number)) own(run, cursor, "message_sent", { message: `${message}-${number}`, run });
      const at = cursor.out;
      cursor = { ...cursor, out: at + new TextEncoder().encode(line).length + 1 };
      if (line === "") continue;
      const stamp = { seq: (seq += 1), run, t, cursor, source: { from: "out" as const, at, eol: true } };
      take(childEntry(line, fold.output, stamp));
    }
    if (exit === undefined) continue;
    const end =
      exit.code === undefined
        ? ({ kind: "gone" } as const)
        : ({ kind: "exited", code: exit.code, hadChild: true } as const);
    own(run, cursor, "agent_stopped", { ...conclude(state, end, fold) });
  }
  const alive = runs.at(-1)?.exit === undefined;
  const snapshot = makeSnapshot(
    {
      id: "transcript-000000",
      task: "",
      dir: "",
      started: "",
      inboxPath: "",
      eventLogPath: "",
      sessionPath: "",
      runner: "",
      rest: {},
    },
    state,
    { kind: alive ? "alive" : "dead" },
    { run: 0, turns: fold.turns, input: false },
  );
  return { state, snapshot, events };
}
