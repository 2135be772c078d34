/** What a scenario of the fault suite is: a file here that exports one as `scenario`. */

export interface Scenario {
  readonly name: string; // its file's
  /** What goes wrong, as the table of docs/reliability.md says it. */
  readonly what: string;
  /** What must hold all the same. */
  readonly holds: string;
  readonly counted: string; // what `count` counts: "kills"
  readonly short: number; // of `npm test`: under ten seconds on two cores
  readonly full: number;
  /** How often the fault must really have happened, of so many. A suite that tears no line proves nothing about torn ones. */
  readonly atLeast: (count: number) => number;
  readonly happening: string; // what is counted as a fault that happened: "torn tails"
  /** The reason why it cannot run here. */
  readonly skip?: () => string | undefined;
  run(stage: Stage): Promise<Outcome>;
}

export interface Outcome {
  readonly done: number;
  readonly happened: number;
  /** One line each, with what somebody needs to see it again. */
  readonly failures: readonly string[];
  /** Further figures, for the table. */
  readonly notes?: Readonly<Record<string, number | string>>;
}

/** Where a scenario plays. What it starts must have `env` or more of it: by that it is found and ended afterwards. */
export interface Stage {
  readonly count: number;
  readonly full: boolean;
  readonly folder: string; // a temporary one, removed afterwards
  readonly env: Readonly<Record<string, string>>; // PATH, HOME, XDG_RUNTIME_DIR, and the suite's mark
  readonly skep: string; // the binary
  /** Numbers from 0 to 1: the same ones for the same seed. */
  readonly next: () => number;
  readonly log: (text: string) => void;
  /** Whether the time that this run was given is over: no further round is begun then, and `done` says how many there were. */
  readonly isLate: () => boolean;
}
