import assert from "node:assert/strict";
import { test } from "node:test";
import { handleOf, isId, makeHandle, makeId, slug } from "../../src/core/id.ts";

test("a slug is the words of a text in lower case, at most 24 characters, with no hyphen at an end", () => {
  assert.equal(slug("Fix the lint errors!"), "fix-the-lint-errors");
  assert.equal(slug("  --Fix__lint--  "), "fix-lint");
  assert.equal(slug("a".repeat(30)), "a".repeat(24));
  assert.equal(slug("abcdefghijklmnopqrstuvw xyz"), "abcdefghijklmnopqrstuvw");
  assert.equal(slug("naïve café"), "na-ve-caf");
});

test("a text without a letter or digit is called agent", () => {
  for (const text of ["", "---", "日本語", "../..", "\u001b[]"]) assert.equal(slug(text), "agent");
});

test("a slug of a task of 256 KiB is made in linear time", () => {
  assert.equal(slug("-".repeat(256 * 1024)), "agent");
  assert.equal(slug("a-".repeat(128 * 1024)).length, 23);
});

test("a handle has six digits of base 36, and leaves out bytes that would favour some", () => {
  assert.equal(makeHandle(Uint8Array.of(0, 9, 10, 35, 36, 251)), "09az0z");
  assert.equal(makeHandle(Uint8Array.of(252, 255, 0, 253, 1, 2, 254, 3, 4, 5, 6)), "012345");
});

test("a handle draws only as many bytes as it needs, and says when there are too few", () => {
  let drawn = 0;
  const endless = {
    *[Symbol.iterator](): Iterator<number> {
      for (;;) yield drawn++ % 2 === 0 ? 255 : 0;
    },
  };
  assert.equal(makeHandle(endless), "000000");
  assert.equal(drawn, 12);
  assert.throws(() => makeHandle(Uint8Array.of(1, 2, 3, 4, 5, 255)), RangeError);
});

test("the handle of an id is what follows its last hyphen, else all of it", () => {
  assert.equal(makeId("fix-lint", "a1b2c3"), "fix-lint-a1b2c3");
  assert.equal(handleOf("fix-lint-a1b2c3"), "a1b2c3");
  assert.equal(handleOf("foreign"), "foreign");
  assert.equal(handleOf("ends-"), "ends-");
});

test("an id is a name that can be no path, option or hidden file", () => {
  for (const id of ["a", "fix-lint-a1b2c3", "Agent_1.2", "007", "a".repeat(128), "constructor"])
    assert.ok(isId(id), id);
  for (const id of [
    "",
    ".",
    "..",
    "../x",
    "a/b",
    "a\\b",
    "-rf",
    ".git",
    "_x",
    "é",
    "a b",
    "a\0b",
    "a\n",
    "a".repeat(129),
  ]) {
    assert.ok(!isId(id), JSON.stringify(id));
  }
});
