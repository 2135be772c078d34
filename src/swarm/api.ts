/**
 * What a swarm offers, the same in the process that supervises it and in one that asks it over its socket. Where no caller
 * is given, it is this process. An `id` is the whole one, as in a Snapshot. All that fails rejects with a SkepError: besides
 * the codes that are named, "not_found" for an id that nobody has, "unreachable" when the swarm was closed or its holder is
 * gone and cannot be replaced, "io" for what the disk refuses.
 */
import type { Command, Detail, Snapshot, SpawnRequest, SwarmView } from "../types.ts";
import type { Caller } from "./caller.ts";

/** Agents are started and ended. */
export interface AgentControl {
  /**
   * Starts an agent; answers when its first run is claimed. Throws "usage" for a task, folder, runner or option that cannot
   * be, "refused" when a hook or the runner refuses, "plugin" when the runner's plugin is not loaded: nothing is made then.
   */
  spawn(request: SpawnRequest, options?: SpawnOptions, caller?: Caller): Promise<Snapshot>;
  /** A new run on the same conversation; its number is told when its child exists. Throws "state" while one may be running, or when its folder is gone. */
  resume(id: string, options?: ResumeOptions, caller?: Caller): Promise<Snapshot>;
  /** Ends the run and everything it started; answers when its end is in the log. */
  stop(id: string, options?: StopOptions): Promise<Snapshot>;
  /** Deletes the state of an ended agent; never touches its `dir`. Throws "state" while it runs, "refused" when a hook does. */
  remove(id: string, options?: RemoveOptions): Promise<void>;
}
/** Agents that ended are put out of the way. */
export interface ArchiveControl {
  /**
   * Packs an ended agent's files into the archive, out of the swarm; again, it does nothing. Throws "state" while it runs,
   * while messages wait, and when it ended less than 8 hours ago.
   */
  archive(id: string): Promise<void>;
  /** Brings an archived agent back, byte for byte; again, it does nothing. Throws "corrupt" when it cannot be unpacked. */
  unarchive(id: string): Promise<Snapshot>;
}
/** Agents are spoken to. */
export interface MessageControl {
  /** Keeps a user's turn for the agent, at most 4 MiB; its id when it is durable. Throws "state" when it takes none. */
  send(id: string, text: string, options?: SendOptions, caller?: Caller): Promise<{ readonly message: string }>;
  /** Cancels the turn in flight; the agent lives on where it can. Throws "state" when there is none. `by`: for people. */
  cancel(id: string, by?: string): Promise<void>;
  /** Answers what an agent waits for. Throws "state" when it does not. */
  answer(id: string, answer: Omit<Extract<Command, { kind: "answer" }>, "kind">): Promise<void>;
}
/** Agents are looked at. */
export interface SwarmWatch {
  /** All agents as they stand on disk and among the processes, oldest first. Makes nothing, and needs no supervisor. */
  list(): Promise<SwarmView>;
  /** Every agent that changes from now on; the result ends it. */
  watch(listener: (change: Change) => void): () => void;
  /** One agent as it stands now, with its runs and messages. */
  show(id: string): Promise<Detail>;
  /** Lets go of the swarm: no agent is touched by it. */
  close(): Promise<void>;
}
/** A root and the agents in it. */
export interface Swarm extends AgentControl, ArchiveControl, MessageControl, SwarmWatch {
  readonly root: string; // absolute, without links
}

/** What is not part of the agent. */
export interface SpawnOptions {
  /** Chosen by a client that may have to repeat itself: the second time finds the first one's agent. */
  readonly id?: string;
  readonly timeout?: number; // ms of a run
  readonly envNames?: readonly string[]; // variables that were named; their values are not kept
}
/** How an agent goes on. */
export interface ResumeOptions {
  readonly dir?: string; // absolute; its own by default
  readonly text?: string; // a message for the new run
  readonly force?: boolean; // though it may be running elsewhere
  readonly request?: string; // the client's id of this wish: repeated, it starts nothing
}
/** How an agent is ended. */
export interface StopOptions {
  readonly grace?: number; // ms before each harder step, 10,000 by default
  readonly by?: string; // who asked, for people
}
/** How an agent is deleted. */
export interface RemoveOptions {
  readonly force?: boolean; // stops a live one first
  readonly by?: string; // who asked, for people
}
/** How a message waits. */
export interface SendOptions {
  readonly message?: string; // its id, chosen by a client that may have to repeat itself
  readonly now?: boolean; // also into an open turn
  readonly queue?: boolean; // wait for a resume rather than start a run
}

/** What is told to those who watch. */
export type Change =
  | { readonly change: "set"; readonly agent: Snapshot }
  | { readonly change: "removed"; readonly id: string };

/** How a supervisor treats its agents. */
export interface Settings {
  readonly idleTimeout: number; // ms after which an idle live runner is shut down; 30 minutes by default
  readonly resumeMessage: string; // what a one-shot agent is told on a resume without a message
  readonly runFiles: "keep" | "compress" | "drop"; // what becomes of what ended runs wrote, once the log has it; keep by default
  readonly runFilesAge: number; // ms since something came of their agent; 8 hours by default, and at least
  readonly maxLogBytes: number; // bytes of an agent's events.jsonl, before its log goes on in a new one; endless by default
}
