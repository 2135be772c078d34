/** What the tests need to know of an agent. A runner is one such description, in a file of its own, listed in agents.ts. */
import type { Detail } from "../../src/types.ts";
import type { Program } from "./install.ts";

export interface AgentUnderTest {
  readonly runner: string;
  /** Which of a runner's agents it is, where there are several. */
  readonly title?: string;
  readonly programs: readonly Program[];
  /** Spawn flags and what stands after `--`, so that it may run `echo hi` unasked. */
  readonly flags?: readonly string[];
  readonly args?: readonly string[];
  /** It keeps its process over turns. */
  readonly live: boolean;
  /** Spawn flags and args with which it asks a person before it writes a file; absent: it cannot ask. */
  readonly asking?: { readonly flags?: readonly string[]; readonly args?: readonly string[] };
  /** Spawn flags and args with which it may do anything unasked; as it is spawned otherwise when absent. */
  readonly unasked?: { readonly flags?: readonly string[]; readonly args?: readonly string[] };
  /** `spawn` without --runner chooses it where its program is the only one. */
  readonly chosen?: boolean;
  /** Scenarios that make no sense for it, and why. */
  readonly skips?: Readonly<Record<string, string>>;
  /** User turns in the request after a run was cut off in its second turn: some keep that turn, some do not. */
  readonly remembered?: readonly number[];
  /** Writes its settings into a home of its own; gives the environment in which it talks to the model at `url`. */
  settle(place: Place): Readonly<Record<string, string>>;
  /** What must hold of any agent of it that has answered, beyond what holds for all. */
  check?(agent: Detail): void;
}
export interface Place {
  readonly home: string;
  readonly url: string;
}

export const nameOf = ({ runner, title }: AgentUnderTest): string => title ?? runner;
