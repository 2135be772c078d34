/** What the doctor finds. */

export type FindingCode =
  | "corrupt_record" // meta.json, or a run's intent
  | "damaged_log" // lines of events.jsonl that are none
  | "large_log"
  | "orphaned_process" // of a run that has ended, or of an agent that is gone
  | "orphaned_run" // its shim is gone: its exit code will be unknown
  | "lost_run" // its end is unknown
  | "unwatched" // live, or ended unseen, and no supervisor runs
  | "stale_socket"
  | "stale_file" // derived or temporary
  | "not_own_file" // a link, a FIFO, another user's
  | "permissions"
  | "supervisor_stuck"
  | "supervisor_version"
  | "no_flock"
  | "missing_tool"
  | "logout";

export interface Finding {
  readonly code: FindingCode;
  readonly message: string; // one line
  readonly agent?: string;
  readonly path?: string;
  /** Nothing is wrong, but somebody should know. */
  readonly note?: true;
  /** What `--repair` does about it; absent: a person must. */
  readonly repair?: string;
  /** What was done. */
  readonly done?: string;
  /** Why it could not be. */
  readonly failed?: string;
}
/** A finding with the means to mend it. */
export interface Fault extends Finding {
  readonly mend?: Mend | undefined;
}
export interface Mend {
  /** It changes files of agents: done only while nobody supervises, and under the root's lock. */
  readonly alone?: true;
  /** Returns what was done. */
  run(): Promise<string> | string;
}
