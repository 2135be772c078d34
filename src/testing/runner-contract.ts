import type { Environment, Runner } from "../types.ts";
import { type Check, register } from "./check.ts";
import { deliveryChecks } from "./delivery-checks.ts";
import { dialogueChecks } from "./dialogue-checks.ts";
import { launchChecks } from "./launch-checks.ts";
import { makeRuns } from "./sample-run.ts";
import { checkShape } from "./shape.ts";
import type { TranscriptSource } from "./transcript-file.ts";

/** What a runner is tested with. */
export interface RunnerContract {
  /** What stands after "--" in every run, for a runner that needs something there. */
  readonly args?: readonly string[];
  /** It runs what stands after "--" and is told no task. */
  readonly ignoresTask?: boolean;
  /** A value for each flag that it accepts and that is no switch, such as `{ approve: "never" }`. */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly env?: Environment;
  /** What its child printed: a dialogue is led over it. */
  readonly transcripts?: readonly TranscriptSource[];
}

/** Tests that a runner keeps its contract: what it describes is the same each time, whole, and never read by a shell. */
export function testRunner(runner: Runner, contract: RunnerContract = {}): void {
  register(`runner ${runner.name}`, runnerChecks(runner, contract));
}

export function runnerChecks(runner: Runner, contract: RunnerContract): readonly Check[] {
  const runs = makeRuns(runner, contract);
  const { dialogue, output = "events" } = runner;
  return [
    { title: "has the shape of a runner", run: () => checkShape({ runners: [runner] }) },
    ...launchChecks(runner, runs, contract.ignoresTask === true),
    ...deliveryChecks(runner, runs),
    ...(dialogue === undefined ? [] : dialogueChecks(dialogue, runs.spec({}), contract.transcripts ?? [], output)),
  ];
}
