/** A fold of a log as far as it came: enough to go on from there, and plain values only, so that it can be stored. */
import type { Cursor } from "./entry.ts";
import { type AgentState, INITIAL } from "./state.ts";
import { isEmpty, tailOf } from "./transcript.ts";

export interface Checkpoint {
  readonly at: number; // bytes of the log that were folded
  readonly guard: string; // the last of them: a log that has others there is not the one that was folded
  readonly seq: number;
  readonly run: number;
  readonly cursor: Cursor;
  readonly state: AgentState;
}

export const TAIL_KEPT: number = 8; // lines of the transcript; a snapshot's tail has six

/** The state with no more of the transcript than a snapshot shows: what is read on from it shows the same. */
export function shorten(state: AgentState): AgentState {
  if (isEmpty(state.transcript)) return state;
  return { ...state, transcript: { full: [], last: tailOf(state.transcript, TAIL_KEPT) } };
}

/** What JSON left out is as it was: absent. */
export const restore = (checkpoint: Checkpoint): Checkpoint => ({
  ...checkpoint,
  state: { ...INITIAL, ...checkpoint.state },
});
