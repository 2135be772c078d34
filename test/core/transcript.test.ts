import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { addText, EMPTY, extendLast, linesOf, tailOf } from "../../src/core/transcript.ts";

describe("a transcript", () => {
  test("keeps the last 2,000 lines", () => {
    let transcript = EMPTY;
    for (let at = 1; at <= 5_000; at += 1) transcript = addText(transcript, `line ${at}\n`);
    const lines = linesOf(transcript);
    assert.deepEqual([lines.length, lines[0], lines.at(-1)], [2_000, "line 3001", "line 5000"]);
    assert.deepEqual(tailOf(transcript, 2), ["line 4999", "line 5000"]);
  });

  test("keeps 4,096 characters of a line, also of one that grows piece by piece", () => {
    const whole = addText(EMPTY, "x".repeat(1_000_000), "stderr: ");
    const [line = ""] = linesOf(whole);
    assert.deepEqual([line.length, line.slice(0, 9), line.at(-1)], [4_096, "stderr: x", "…"]);
    let grown = EMPTY;
    for (let at = 0; at < 100; at += 1) grown = extendLast(grown, "y".repeat(100), "user: ");
    assert.deepEqual(linesOf(grown), [`user: ${"y".repeat(4_089)}…`]);
    assert.deepEqual(linesOf(addText(EMPTY, "z".repeat(4_096))), ["z".repeat(4_096)]);
  });
});
