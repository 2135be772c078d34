/**
 * What a swarm offers, the same in the process that supervises it and in one that asks it over its socket. Where no caller
 * is given, it is this process.
 */
import type { Command, Detail, Snapshot, SpawnRequest, SwarmView } from "../types.ts";
import type { Change } from "./hive.ts";
import type { Caller } from "./caller.ts";
import type { SpawnOptions } from "./spawn.ts";

export interface AgentControl {
  /** Starts an agent; answers when its first run is claimed. A hook or a missing runner may refuse it: nothing is made then. */
  spawn(request: SpawnRequest, options?: SpawnOptions, caller?: Caller): Promise<Snapshot>;
  /** A new run on the same conversation. Throws SkepError "state" while one may be running. */
  resume(id: string, options?: ResumeOptions, caller?: Caller): Promise<Snapshot>;
  /** Ends the run and everything it started; answers when its end is in the log. */
  stop(id: string, options?: StopOptions): Promise<Snapshot>;
  /** Deletes the state of an ended agent; never touches its `dir`. */
  remove(id: string, options?: RemoveOptions): Promise<void>;
}
export interface MessageControl {
  /** Keeps a user's turn for the agent; its id when it is durable. */
  send(id: string, text: string, options?: SendOptions, caller?: Caller): Promise<{ readonly message: string }>;
  /** Cancels the turn in flight; the agent lives on where it can. */
  cancel(id: string, by?: string): Promise<void>;
  /** Answers what an agent waits for. */
  answer(id: string, answer: Omit<Extract<Command, { kind: "answer" }>, "kind">): Promise<void>;
}
export interface SwarmWatch {
  /** All agents as they stand on disk and among the processes, oldest first. Makes nothing, and needs no supervisor. */
  list(): Promise<SwarmView>;
  /** Every agent that changes from now on; the result ends it. */
  watch(listener: (change: Change) => void): () => void;
  /** One agent as it stands now. Throws SkepError "not_found". */
  show(id: string): Promise<Detail>;
  /** Lets go of the swarm: no agent is touched by it. */
  close(): Promise<void>;
}
export interface Swarm extends AgentControl, MessageControl, SwarmWatch {
  readonly root: string;
}

export interface ResumeOptions {
  readonly dir?: string;
  readonly text?: string; // a message for the new run
  readonly force?: boolean; // though it may be running elsewhere
  readonly request?: string; // the client's id of this wish: repeated, it starts nothing
}
export interface StopOptions {
  readonly grace?: number; // ms, 10 s by default
  readonly by?: string; // who asked, for people
}
export interface RemoveOptions {
  readonly force?: boolean; // stops a live one first
  readonly by?: string;
}
export interface SendOptions {
  readonly message?: string; // its id, chosen by a client that may have to repeat itself
  readonly now?: boolean; // also into an open turn
  readonly queue?: boolean; // wait for a resume rather than start a run
}
