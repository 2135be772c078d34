import type { Phase, Runner, RunExit, Status } from "../types.ts";
import { nextMessage } from "./queue.ts";
import type { AgentState } from "./state.ts";
import { isEmpty } from "./transcript.ts";

/**
 * What is known of the newest run's processes. `none`: there is no run of skep's · `unclaimed`: it is about to start ·
 * `orphaned`: the child lives, its shim does not · `elsewhere`: on another machine or in another pid namespace ·
 * `unreadable`: what it was started as is damaged, and nothing of it is seen to live.
 */
export interface ProcessFacts {
  readonly kind: "none" | "unclaimed" | "alive" | "orphaned" | "dead" | "elsewhere" | "unreadable";
  readonly pid?: number;
}
/** The newest run, and how messages reach it. `input`: a child without turns reads its stdin, so a message is done once written. */
export interface Reach {
  readonly run: number; // 0: there is none
  readonly turns: Runner["turns"];
  readonly input: boolean;
}
export interface Standing {
  readonly status: Status;
  readonly phase: Phase;
  readonly activity: string;
}

/** An agent with its process at hand: where the log and a living process disagree, the process is right. */
export function standing(state: AgentState, facts: ProcessFacts, reach: Reach): Standing {
  const waits = state.heldBack !== undefined && ["none", "unclaimed", "dead"].includes(facts.kind);
  if (waits) return heldBack(state, state.heldBack ?? "");
  switch (facts.kind) {
    case "unclaimed":
      return { status: "pending", phase: "working", activity: "starting" };
    case "alive":
      return { status: "running", phase: livePhase(state, reach), activity: liveActivity(state, reach) };
    case "orphaned":
      return { status: "running", phase: livePhase(state, reach), activity: "orphaned: its exit code will be unknown" };
    case "elsewhere":
      return { status: "running", phase: livePhase(state, reach), activity: "elsewhere" };
    case "unreadable":
      return { status: "detached", phase: "ended", activity: "damaged: whether it runs is unknown" };
    default:
      return { ...ended(state), phase: waitsForNextRun(state, reach) ? "working" : "ended" };
  }
}

function liveActivity(state: AgentState, { run, turns }: Reach): string {
  const asked = state.waiting.at(-1);
  if (asked !== undefined) return asked.what;
  // A command may be silent for as long as it runs: nothing says that its start is over.
  const silent = turns === "none" && state.open && state.run === run;
  return silent && ["starting", "resuming"].includes(state.activity) ? "running" : state.activity || "starting";
}

function livePhase(state: AgentState, { run: newest, turns, input }: Reach): Phase {
  if (state.run < newest) return "working"; // its beginning is not in the log yet, nor what it was started with
  if (state.waiting.length > 0) return "waiting";
  if (turns === "resume" || (turns === "none" && !input)) return "working";
  const busy = state.messages.some(
    ({ state: at, run }) => at === "sent" || (at === "delivered" && run === state.run && !input),
  );
  return state.turn !== undefined || busy || nextMessage(state) !== undefined ? "working" : "idle";
}

/** A person is to log in, or to say that it should be tried again. */
const heldBack = (state: AgentState, why: string): Standing => ({
  status: state.run === 0 ? "pending" : ended(state).status,
  phase: "waiting",
  activity: `held back, a login failed: ${why}`,
});

const waitsForNextRun = (state: AgentState, { turns }: Reach): boolean =>
  turns !== "none" && nextMessage(state) !== undefined;

/** Status of an agent without a process, by the end of its newest run. */
function ended(state: AgentState): Omit<Standing, "phase"> {
  if (state.exit === undefined) {
    const activity = isEmpty(state.transcript) ? "detached" : "detached (resume to continue)";
    return { status: "detached", activity };
  }
  return endedBy(state.exit);
}

function endedBy({ reason, code, error }: RunExit): Omit<Standing, "phase"> {
  switch (reason) {
    case "cancelled":
      return { status: "killed", activity: "cancelled (offline)" };
    case "shutdown":
      return { status: "done", activity: "shutdown (offline)" };
    case "timeout":
      return { status: "failed", activity: "timed out (offline)" };
    case "failed_to_start":
      return { status: "failed", activity: error ?? "failed to start" };
    case "failed":
      return { status: "failed", activity: error ?? "failed" };
    case "lost":
      return { status: "detached", activity: "lost (resume to continue)" };
    case "exit":
      if (code !== undefined && code !== 0) return { status: "failed", activity: `exit ${code} (offline)` };
      return error === undefined
        ? { status: "done", activity: "done (offline)" }
        : { status: "failed", activity: error };
    default:
      return { status: "done", activity: "stopped (offline)" };
  }
}
