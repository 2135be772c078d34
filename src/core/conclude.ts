import type { Runner, RunExit } from "../types.ts";
import type { AgentState } from "./state.ts";

/** How a run's processes ended: `exited` by its exit file, `gone` without one, `void` when it was given up before its start. */
export type RunEnd =
  | { readonly kind: "exited"; readonly code: number; readonly hadChild: boolean }
  | { readonly kind: "gone" }
  | { readonly kind: "void"; readonly reason: string };

/** What of a runner decides how an exit is read; kept in intent.json, so that a reader needs no plugin for it. */
export interface RunKind {
  readonly turns: Runner["turns"];
  readonly verdict?: Runner["verdict"] | undefined;
}

/** Why a run was given up that a supervisor wrote down and was killed before it started. */
export const NOBODY_STARTED_IT = "nobody was there to start it";

/** The shim's own failure: a file of the run could not be written, and the child was not started. */
const NOT_STARTED = 75;
const SIGNALS: Readonly<Record<number, string>> = { 129: "SIGHUP", 130: "SIGINT", 137: "SIGKILL", 143: "SIGTERM" };

/**
 * The end of the newest run, as `agent_stopped` records it. `state` is the one right before it. An unknown end is never
 * told as success, and code 0 is none either while a turn failed or stayed open.
 */
export function conclude(state: AgentState, end: RunEnd, run: RunKind): RunExit {
  const code = end.kind === "exited" ? { code: end.code } : {};
  if (state.stop !== undefined) {
    // 128+n may be a signal or the child's own word: after a stop it is ours.
    const signal = end.kind === "exited" ? SIGNALS[end.code] : undefined;
    return { reason: state.stop.reason, ...code, ...(signal === undefined ? {} : { signal }) };
  }
  if (state.fault !== undefined) return { reason: "failed", ...code, error: state.fault };
  if (end.kind === "void") return { reason: "failed_to_start", error: end.reason };
  if (end.kind === "gone") return { reason: "lost" };
  if (!end.hadChild) {
    const why =
      end.code === NOT_STARTED ? "the files of its run could not be written" : `its shim ended with ${end.code}`;
    return { reason: "failed_to_start", code: end.code, error: why };
  }
  if (state.cancelling && run.turns === "resume") return { reason: "cancelled", ...code };
  const error = end.code === 0 && run.turns !== "none" && run.verdict !== "exit" ? unfinished(state) : undefined;
  return { reason: "exit", ...code, ...(error === undefined ? {} : { error }) };
}

function unfinished(state: AgentState): string | undefined {
  if (state.turn !== undefined) return "interrupted: its last turn was left open";
  if (state.outcome?.kind === "failed") return state.outcome.error;
  if (state.outcome?.kind === "cancelled") return "its last turn was cancelled";
  const unanswered = state.messages.some((message) => message.state === "delivered" && message.run === state.run);
  return unanswered ? "interrupted: it ended without a turn" : undefined;
}
