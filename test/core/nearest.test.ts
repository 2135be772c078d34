import assert from "node:assert/strict";
import { test } from "node:test";
import { nearest } from "../../src/core/nearest.ts";

const VERBS = ["spawn", "ls", "show", "logs", "result", "send", "stop", "resume", "rm", "reload", "supervisor stop"];

test("a word with one or two typing errors finds what was meant", () => {
  for (const [word, meant] of [
    ["lss", "ls"],
    ["sl", "ls"],
    ["spwan", "spawn"],
    ["sapwn", "spawn"],
    ["LOGS", "logs"],
    ["reslut", "result"],
    ["relaod", "reload"],
    ["supervisor stp", "supervisor stop"],
  ] as const) {
    assert.equal(nearest(word, VERBS), meant, word);
  }
});

test("the nearest of several wins, and the first of equally near ones", () => {
  assert.equal(nearest("sto", ["show", "stop"]), "stop");
  assert.equal(nearest("cat", ["bat", "rat"]), "bat");
});

test("the beginning of a word finds it", () => {
  assert.equal(nearest("super", VERBS), "supervisor stop");
  assert.equal(nearest("res", VERBS), "result");
});

test("a short word finds nothing that shares no letter with it", () => {
  assert.equal(nearest("xy", VERBS), undefined);
  assert.equal(nearest("ps", ["rm", "go"]), undefined);
});

test("an empty, an endless and an unlike word find nothing", () => {
  assert.equal(nearest("", VERBS), undefined);
  assert.equal(nearest("s".repeat(1_000_000), VERBS), undefined);
  assert.equal(nearest("frobnicate", VERBS), undefined);
  assert.equal(nearest("ls", []), undefined);
});
