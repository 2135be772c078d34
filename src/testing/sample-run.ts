/** Runs as a runner gets them, with nothing in them that is of any machine. */
import type { Launch, Runner, RunSpec, Snapshot } from "../types.ts";
import { checkAnswer } from "./answers.ts";
import { deepFreeze } from "./pure.ts";
import type { RunnerContract } from "./runner-contract.ts";

export const SAMPLE_AGENT: Snapshot = {
  id: "fix-it-a1b2c3",
  handle: "a1b2c3",
  task: "Fix it",
  dir: "/repo",
  started: "2026-03-02T09:15:04.000Z",
  runner: "sample",
  status: "pending",
  phase: "working",
  activity: "starting",
  tail: [],
  run: 0,
  turns: 0,
};

/** What of a run is said differently. */
export type RunChanges = Partial<Omit<RunSpec, "message" | "agent">> & {
  readonly agent?: Partial<Snapshot>;
  readonly text?: string | undefined; // its message; undefined: it has none
};
/** The runs that a runner is asked about. */
export interface Runs {
  spec(changes: RunChanges): RunSpec;
  /** Throws when it is no launch. */
  launch(changes: RunChanges): Promise<Launch>;
  /** With each flag that it accepts, by the flag's name. */
  readonly flagged: readonly (readonly [flag: string, changes: RunChanges])[];
  /** A first one, one without and one with a message on the same conversation, and those with a flag. */
  readonly all: readonly RunChanges[];
}

export function makeRuns(runner: Runner, { args = [], env = {}, options = {} }: RunnerContract): Runs {
  const spec = ({ text = SAMPLE_AGENT.task, agent, ...changes }: RunChanges): RunSpec => ({
    agent: deepFreeze({ ...SAMPLE_AGENT, task: text, ...agent }),
    run: 1,
    resuming: false,
    ...(changes.resuming === true && runner.turns !== "resume" ? {} : { message: deepFreeze({ id: "m-0", text }) }),
    args: deepFreeze([...args]),
    env: deepFreeze({ ...env }),
    options: {},
    paths: { inbox: "/run/in.sock", session: "/state/session.json", log: "/state/runs/000001/mirror", dir: "/repo" },
    skep: deepFreeze(["skep"]),
    ...changes,
  });
  const flagged = (runner.accepts ?? []).map((flag): readonly [string, RunChanges] => [
    flag,
    flag === "model" || flag === "provider"
      ? { agent: { [flag]: `some-${flag}` } }
      : { options: { [flag]: options[flag] ?? true } },
  ]);
  return {
    spec,
    async launch(changes) {
      const launch = await runner.launch(Object.freeze(spec(changes)));
      checkAnswer("launch", launch);
      return launch;
    },
    flagged,
    all: [{}, RESUMED, ...flagged.map(([, changes]) => changes)],
  };
}

/** A later run of the same conversation. */
export const RESUMED: RunChanges = { run: 2, resuming: true, agent: { run: 1, agent_session: "s-1" } };
