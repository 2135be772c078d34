import assert from "node:assert/strict";
import { test } from "node:test";
import { reasonOf, SkepError, systemCode, usage } from "../src/errors.ts";

test("an error carries its code, its hint and its cause", () => {
  const cause = new Error("below");
  const error = new SkepError("io", "cannot write", { hint: "free some space", cause });
  assert.ok(error instanceof Error);
  assert.equal(error.name, "SkepError");
  assert.deepEqual(
    [error.code, error.message, error.hint, error.cause],
    ["io", "cannot write", "free some space", cause],
  );
  assert.equal(usage("no such verb").hint, undefined);
  assert.ok(!("cause" in usage("no such verb")));
});

test("the reason of whatever was thrown is one line", () => {
  assert.equal(reasonOf(new Error("one\n  two \n")), "one two");
  assert.equal(reasonOf("a string"), "a string");
  assert.equal(reasonOf(undefined), "undefined");
});

test("the code of a system error is told, and of nothing else", () => {
  assert.equal(systemCode(Object.assign(new Error("gone"), { code: "ENOENT" })), "ENOENT");
  assert.equal(systemCode(Object.assign(new Error("odd"), { code: 7 })), undefined);
  assert.equal(systemCode({ code: "ENOENT" }), undefined);
});
