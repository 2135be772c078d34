import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAge, parseDuration } from "../../src/core/duration.ts";

test("a duration is a whole number and a unit", () => {
  assert.equal(parseDuration("500ms"), 500);
  assert.equal(parseDuration("10s"), 10_000);
  assert.equal(parseDuration("30m"), 1_800_000);
  assert.equal(parseDuration("2h"), 7_200_000);
  assert.equal(parseDuration("7d"), 604_800_000);
  assert.equal(parseDuration("0s"), 0);
});

test("anything else is no duration", () => {
  for (const text of [
    "",
    "10",
    "s",
    "-1s",
    "1.5h",
    "1e3s",
    "10 s",
    "10S",
    "1w",
    "10s\n",
    "1h30m",
    "9999999999s",
    "constructor",
  ]) {
    assert.equal(parseDuration(text), undefined, text);
  }
});

test("an age is told in the largest unit that fits", () => {
  for (const [ms, text] of [
    [0, "0s"],
    [999, "0s"],
    [59_999, "59s"],
    [60_000, "1m"],
    [3_599_999, "59m"],
    [3_600_000, "1h"],
    [86_399_999, "23h"],
    [86_400_000, "1d"],
    [40 * 86_400_000, "40d"],
  ] as const) {
    assert.equal(formatAge(ms), text);
  }
});

test("an age before the beginning, or of an unreadable time, is zero", () => {
  assert.equal(formatAge(-5000), "0s");
  assert.equal(formatAge(NaN), "0s");
});
