import assert from "node:assert/strict";
import { test } from "node:test";
import { type Options, parseArgs } from "../../src/cli/args.ts";
import { choicesOf, countOf, durationOf, labelsOf } from "../../src/cli/option-values.ts";
import { PHASES } from "../../src/core/match.ts";

const options = (...argv: readonly string[]): Options =>
  parseArgs(
    argv,
    [],
    [
      { name: "grace", value: "d", summary: "" },
      { name: "lines", short: "n", value: "N", summary: "" },
      { name: "label", short: "l", value: "k=v", many: true, summary: "" },
      { name: "phase", value: "p,…", many: true, summary: "" },
      { name: "help", summary: "" },
      { name: "version", summary: "" },
    ],
  ).options;

test("a duration is read in milliseconds, and a bad one names its flag", () => {
  assert.equal(durationOf(options("--grace", "10s"), "grace"), 10_000);
  assert.equal(durationOf(options(), "grace"), undefined);
  assert.throws(() => durationOf(options("--grace", "10"), "grace"), /--grace: "10" is not a duration such as 500ms/);
});

test("a count is a whole number", () => {
  assert.equal(countOf(options("-n", "050"), "lines"), 50);
  assert.equal(countOf(options(), "lines"), undefined);
  for (const text of ["", "1e3", "0x10", "-1", "1.5", "9999999999"]) {
    assert.throws(() => countOf(options(`--lines=${text}`), "lines"), /is not a whole number/, text);
  }
});

test("labels are pairs, whose values may hold anything", () => {
  assert.deepEqual(
    labelsOf(options("-l", "a=1", "-l", "b=x=y", "-l", "c=", "-l", "a=2")),
    new Map([
      ["a", "2"],
      ["b", "x=y"],
      ["c", ""],
    ]),
  );
  assert.deepEqual(labelsOf(options("-l", "__proto__=1")).get("__proto__"), "1");
  for (const text of ["a", "=1", ""]) assert.throws(() => labelsOf(options(`-l=${text}`)), /is not a label/, text);
});

test("choices may stand with commas or one by one, and an unknown one names the nearest", () => {
  assert.deepEqual(choicesOf(options("--phase", "idle,working", "--phase", "ended"), "phase", PHASES), [
    "idle",
    "working",
    "ended",
  ]);
  assert.equal(choicesOf(options(), "phase", PHASES), undefined);
  assert.throws(() => choicesOf(options("--phase", "wating"), "phase", PHASES), {
    code: "usage",
    message: "no phase is called wating",
    hint: "did you mean waiting?",
  });
});
