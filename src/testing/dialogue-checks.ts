import assert from "node:assert/strict";
import type { Output } from "../core/entry.ts";
import type { Command, Dialogue, DialogueStep, RunSpec } from "../types.ts";
import { checkAnswer } from "./answers.ts";
import type { Check } from "./check.ts";
import { damage, seeded } from "./damage.ts";
import { deepFreeze } from "./pure.ts";
import { entryOf, readTranscript, type TranscriptSource } from "./transcript-file.ts";

const DAMAGED = 2_000;
const BEFORE: readonly Command[] = [{ kind: "user", id: "m-1", text: "one\ntwo" }];
const AFTER: readonly Command[] = [
  { kind: "answer", request: "r-1", allow: true },
  { kind: "answer", request: "r-2", allow: false, reason: "no" },
  { kind: "cancel" },
  { kind: "shutdown" },
];

/** One step of a conversation, from the state before it. */
type Turn = (state: unknown) => DialogueStep<unknown>;

/** Its inputs are all in the log: a new supervisor that reads them must come to the same lines. */
export function dialogueChecks(
  dialogue: Dialogue,
  { env: _env, ...spec }: RunSpec,
  transcripts: readonly TranscriptSource[],
  output: Output,
): readonly Check[] {
  const lines = (): readonly string[] =>
    transcripts.flatMap((source) => readTranscript(source).lines).filter((line) => line !== "");
  const turnsOf = (said: readonly string[]): readonly Turn[] => [
    () => dialogue.start(spec),
    ...BEFORE.map(
      (command): Turn =>
        (state) =>
          dialogue.say(state, command),
    ),
    ...said.map(
      (line): Turn =>
        (state) =>
          dialogue.read(state, deepFreeze(entryOf(line, output))),
    ),
    ...AFTER.map(
      (command): Turn =>
        (state) =>
          dialogue.say(state, command),
    ),
  ];
  return [
    {
      title: "leads the same conversation over the same lines, also from its middle",
      run() {
        const turns = turnsOf(lines());
        const states: unknown[] = [undefined];
        const steps = turns.map((turn, at) => {
          const step = turn(states[at]);
          checkAnswer("step", step);
          states.push(deepFreeze(step.state));
          return step;
        });
        // Each state again, after all that came of it: one that was changed meanwhile answers otherwise.
        for (const [at, turn] of turns.entries()) assert.deepEqual(turn(states[at]), steps[at], `step ${at + 1}`);
      },
    },
    {
      title: `takes ${DAMAGED.toLocaleString("en")} damaged lines without a throw`,
      run() {
        const said = lines();
        if (said.length === 0) return;
        let state: unknown;
        for (const turn of turnsOf(damage(said, DAMAGED, seeded(DAMAGED)))) {
          const step = turn(state);
          checkAnswer("step", step);
          ({ state } = step);
        }
      },
    },
  ];
}
