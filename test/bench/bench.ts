/** What a measure gives: rows of the table. */
export interface Row {
  readonly shape: string;
  readonly seen: string;
  readonly must: string;
  /** Absent where there is no figure to reach. */
  readonly reached?: boolean;
}
export interface Measure {
  readonly name: string;
  readonly title: string;
  run(stage: BenchStage): Promise<readonly Row[]>;
}
export interface BenchStage {
  readonly skep: string; // the compiled binary
  readonly folder: string; // removed at the end
  readonly short: boolean; // a minute for everything: what is checked is that answers are right, never times
  readonly rounds: number;
  readonly baseline: string | undefined; // the reload of the seed in Go, where Go is there
  /** Fails the bench: an answer is wrong. */
  wrong(what: string): void;
  log(text: string): void;
}

export const ratio = (a: number, b: number): string => `${(a / b).toFixed(a / b < 10 ? 1 : 0)}x`;
export const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
export const mb = (value: number): string => `${value.toFixed(0)} MB`;
