import type { AgentEvent, MessageState, RunExit, Time, Usage } from "../types.ts";
import { EMPTY, type Transcript } from "./transcript.ts";

/**
 * What the log of one agent says, folded. Plain values only, so that it can be stored beside an offset and gone on from. What is
 * not known is undefined, never absent: to copy a state without a key took a third of a fold.
 */
export interface AgentState {
  readonly run: number; // newest run, 0 before the first
  readonly open: boolean; // that run has started and not ended
  readonly exit: RunExit | undefined; // how that run ended
  readonly runs: readonly RunRecord[];
  readonly ready: boolean; // the child said that it listens
  readonly stop: StopRequest | undefined; // asked of the newest run
  readonly cancelling: boolean; // the open turn was asked to end
  readonly held: boolean; // messages wait for a resume or a new send
  readonly turn: OpenTurn | undefined;
  readonly turns: number; // turns that ended
  readonly outcome: TurnOutcome | undefined; // of the newest run's last turn
  readonly activity: string;
  readonly transcript: Transcript;
  readonly speech: Speech | undefined; // the message that a delta would join
  readonly answer: string | undefined; // last assistant message
  readonly error: string | undefined; // last terminal one
  readonly tools: readonly OpenTool[];
  readonly waiting: readonly Waiting[];
  readonly limit: { readonly message: string; readonly until?: Time } | undefined;
  readonly usage: Partial<Record<keyof Usage, Sum>>;
  readonly messages: readonly Message[];
  readonly session?: string; // conversation in the agent's own CLI
  readonly sessionRun: number; // the run that told it last
  readonly heldBack: string | undefined; // why its next run is not started
  readonly fault: string | undefined; // why skep ends the newest run
  readonly history: boolean; // the agent repeats old turns
  readonly notes: Readonly<Record<string, unknown>>;
  readonly updated: number; // ms, receipt of the last entry
  readonly unknown: number; // entries that no handler wanted
  readonly skipped: number; // lines that are none
  readonly foreign: number; // entries of another supervisor
  readonly previous: { readonly data: Readonly<Record<string, unknown>>; readonly at: number } | undefined; // another supervisor's last entry, to tell a double
}
export interface RunRecord {
  readonly run: number;
  readonly resumed: boolean;
  readonly started: number;
  readonly ended?: number;
  readonly exit?: RunExit;
}
export type StopRequest = Pick<Extract<AgentEvent, { kind: "stop_requested" }>, "reason" | "by"> & {
  readonly run: number;
};
export interface OpenTurn {
  readonly messages: readonly string[];
}
export type TurnOutcome = { readonly kind: "done" | "cancelled" } | { readonly kind: "failed"; readonly error: string };
export interface Speech {
  readonly role: "user" | "assistant";
  readonly id: string | undefined;
  readonly text: string;
  readonly delta: boolean; // it came in pieces
  readonly newlines: string; // trailing ones, shown once more text follows
}
export interface OpenTool {
  readonly id: string | undefined;
  readonly name: string;
}
export interface Waiting {
  readonly request: string;
  readonly what: string;
  readonly since: Time;
}
/** A number of usage: what is over, the newest run's last word, the conversation's last word. They add up. */
export interface Sum {
  readonly past: number;
  readonly run: number;
  readonly session: number;
}
/**
 * `state` is what the fold says. `recorded` is the last word of skep's own entries on it: where they differ, a supervisor
 * has an entry to append.
 */
export interface Message {
  readonly id: string;
  readonly state: MessageState;
  readonly recorded: MessageState | undefined;
  readonly run: number; // in which it was sent or delivered
  readonly sends: number;
  readonly waits: boolean; // for a resume: it starts none by itself
  readonly why?: string;
}

export const INITIAL: AgentState = {
  run: 0,
  open: false,
  exit: undefined,
  runs: [],
  ready: false,
  stop: undefined,
  cancelling: false,
  held: false,
  turn: undefined,
  turns: 0,
  outcome: undefined,
  activity: "",
  transcript: EMPTY,
  speech: undefined,
  answer: undefined,
  error: undefined,
  tools: [],
  waiting: [],
  limit: undefined,
  usage: {},
  messages: [],
  sessionRun: 0,
  heldBack: undefined,
  fault: undefined,
  history: false,
  notes: {},
  updated: 0,
  unknown: 0,
  skipped: 0,
  foreign: 0,
  previous: undefined,
};
