import assert from "node:assert/strict";
import { test } from "node:test";
import output from "../../plugins/output/index.ts";
import { childEntry, START } from "../../src/core/entry.ts";
import type { LogEntry } from "../../src/types.ts";

const [handler] = output.handlers ?? [];
const entryOf = (line: string, from: "out" | "err"): LogEntry =>
  childEntry(line, "events", { seq: 1, run: 1, t: 0, cursor: START, source: { from, at: 0, eol: true } });

test("plain lines of any runner are output of their stream", () => {
  assert.equal(handler?.runner, "*");
  assert.deepEqual(handler.handle(entryOf("hi\tthere", "out")), [
    { kind: "output", stream: "stdout", text: "hi\tthere" },
  ]);
  assert.deepEqual(handler.handle(entryOf("oh no", "err")), [{ kind: "output", stream: "stderr", text: "oh no" }]);
});

test("an output entry without a text is of no interest, and another entry is not the handler's", () => {
  assert.deepEqual(handler?.handle(entryOf('{"type":"stdout","text":7}', "out")), []);
  assert.equal(handler?.handle(entryOf('{"type":"turn_start"}', "out")), undefined);
});
