import assert from "node:assert/strict";
import { test } from "node:test";
import { EXIT_MEANINGS, exitCodeOf } from "../../src/cli/exit-codes.ts";
import { type ErrorCode, SkepError } from "../../src/errors.ts";

test("each error has the exit code of the contract", () => {
  const codes: readonly (readonly [ErrorCode, number])[] = [
    ["io", 1],
    ["refused", 1],
    ["corrupt", 1],
    ["agent_failed", 1],
    ["usage", 2],
    ["not_found", 3],
    ["ambiguous", 3],
    ["state", 4],
    ["unreachable", 5],
    ["locked", 5],
    ["protocol", 5],
    ["plugin", 6],
    ["waiting", 7],
    ["timeout", 124],
    ["interrupted", 130],
  ];
  for (const [code, exit] of codes) assert.equal(exitCodeOf(new SkepError(code, "")), exit, code);
  const explained = new Set(EXIT_MEANINGS.map(([code]) => code));
  assert.ok(codes.every(([, exit]) => explained.has(exit)));
});

test("what is no error of skep's is a failure", () => {
  for (const thrown of [new TypeError("bug"), "text", undefined]) assert.equal(exitCodeOf(thrown), 1);
});
