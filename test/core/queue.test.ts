import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { zotHandler } from "../../plugins/zot/handler.ts";
import { apply } from "../../src/core/apply.ts";
import { childEntry, formatOwn, parseLine, type Stamp, START } from "../../src/core/entry.ts";
import { type AgentState, INITIAL } from "../../src/core/state.ts";
import { makeTranslate } from "../../src/core/translate.ts";

const translate = makeTranslate([zotHandler]);

/** The state behind entries of skep's own (`[type, fields]`) and lines of the agent. */
function fold(...steps: readonly (string | readonly [string, object])[]): AgentState {
  let state = INITIAL;
  for (const [at, step] of steps.entries()) {
    const stamp: Stamp = { seq: at + 1, run: 1, t: 1_795_451_371_000 + at, cursor: START };
    const entry =
      typeof step === "string"
        ? childEntry(step, "events", { ...stamp, source: { from: "out", at, eol: true } })
        : parseLine(formatOwn(step[0], { ...step[1] }, stamp))?.entry;
    assert.ok(entry !== undefined);
    state = apply(state, entry, translate).state;
  }
  return state;
}
const sent = (message: string): readonly [string, object] => ["message_sent", { message, run: 1 }];

describe("a message that came while the agent was busy", () => {
  test("waits, and the turn is that of the one before it, also when the turn had not been told yet", () => {
    const { messages, turn } = fold(
      ["agent_started", { run: 1, resuming: false }],
      '{"type":"agent_ready"}',
      sent("m-first"),
      sent("m-second"),
      '{"type":"error","message":"agent busy; send cancel first"}',
      '{"type":"turn_start","step":1}',
      '{"type":"turn_end","step":1,"stop":"end_turn"}',
    );
    assert.deepEqual(
      messages.map(({ id, state }) => `${id} ${state}`),
      ["m-first done", "m-second queued"],
    );
    assert.equal(turn, undefined);
  });
});
