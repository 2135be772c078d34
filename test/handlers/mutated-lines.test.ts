import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import { formatChild, START } from "../../src/core/entry.ts";
import { foldTranscript } from "../../src/core/fold-transcript.ts";
import type { AgentEvent, LogEntry } from "../../src/types.ts";
import { damage, seeded } from "./damage.ts";
import { TRANSCRIPTS } from "./transcripts.ts";

const COUNT = 2_000;

const Text = v.pipe(v.string(), v.nonEmpty());
const Amount = v.pipe(v.number(), v.finite(), v.minValue(0));
const told = v.exactOptional;
/** The events that a handler may tell; their fields, and no others. */
const Event = v.variant("kind", [
  v.strictObject({ kind: v.literal("agent_session"), id: Text }),
  v.strictObject({ kind: v.literal("turn_started") }),
  v.strictObject({
    kind: v.literal("turn_ended"),
    answer: told(Text),
    error: told(Text),
    cancelled: told(v.literal(true)),
  }),
  v.strictObject({
    kind: v.literal("message"),
    role: v.picklist(["user", "assistant"]),
    text: Text,
    delta: told(v.literal(true)),
    id: told(Text),
  }),
  v.strictObject({
    kind: v.literal("tool"),
    phase: v.picklist(["started", "ended"]),
    id: told(Text),
    name: told(Text),
    summary: told(Text),
    ok: told(v.boolean()),
  }),
  v.strictObject({ kind: v.literal("history"), phase: v.picklist(["started", "ended"]) }),
  v.strictObject({ kind: v.literal("activity"), text: Text }),
  v.strictObject({ kind: v.literal("waiting"), request: v.string(), what: Text }),
  v.strictObject({
    kind: v.literal("usage"),
    scope: v.picklist(["step", "turn", "run", "session"]),
    usage: v.strictObject({
      input_tokens: told(Amount),
      output_tokens: told(Amount),
      cache_read_tokens: told(Amount),
      cache_write_tokens: told(Amount),
      cost_usd: told(Amount),
    }),
  }),
  v.strictObject({ kind: v.literal("limit"), message: Text, until: told(v.pipe(v.string(), v.isoTimestamp())) }),
  v.strictObject({ kind: v.literal("error"), level: v.picklist(["retry", "warning", "terminal"]), message: Text }),
]) satisfies v.GenericSchema<AgentEvent>;

const entryOf = (line: string, output: "events" | "json" | "text"): LogEntry =>
  formatChild(line, output, { seq: 1, run: 1, t: 0, cursor: START, source: { from: "out", at: 0, eol: true } }).entry;

const FOLDS = new Map(TRANSCRIPTS.map(({ fold }) => [fold.handlers[0], fold]));
for (const [handler, fold] of FOLDS) {
  assert.ok(handler);
  test(`${handler.name}: ${COUNT} damaged lines are read without a throw, alike each time, as events of the union`, () => {
    const whole = TRANSCRIPTS.filter((one) => one.fold === fold).flatMap(({ runs }) =>
      runs.flatMap(({ lines }) => lines),
    );
    const damaged = damage(whole, COUNT, seeded(COUNT));
    for (const line of [...whole, ...damaged]) {
      const events = handler.handle(entryOf(line, fold.output));
      if (events !== undefined) assert.ok(v.is(v.array(Event), events), line);
      assert.deepEqual(handler.handle(entryOf(line, fold.output)), events);
    }
    assert.equal(foldTranscript(damaged, fold, { code: 0 }).snapshot.phase, "ended");
  });
}
