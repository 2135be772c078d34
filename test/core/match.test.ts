import assert from "node:assert/strict";
import { test } from "node:test";
import { matches } from "../../src/core/match.ts";
import type { Snapshot } from "../../src/types.ts";

const AGENT: Snapshot = {
  id: "a-1",
  handle: "1",
  task: "t",
  dir: "/home/me/project",
  started: "2026-11-23T10:00:00.000Z",
  runner: "exec",
  status: "running",
  phase: "waiting",
  activity: "",
  tail: [],
  run: 1,
  turns: 0,
  labels: { team: "red", step: "2" },
};

test("an empty filter matches every agent", () => {
  assert.ok(matches(AGENT, {}));
});

test("every label must be there with its value", () => {
  assert.ok(
    matches(AGENT, {
      labels: new Map([
        ["team", "red"],
        ["step", "2"],
      ]),
    }),
  );
  assert.ok(
    !matches(AGENT, {
      labels: new Map([
        ["team", "red"],
        ["step", "3"],
      ]),
    }),
  );
  assert.ok(!matches(AGENT, { labels: new Map([["toString", ""]]) }));
  const { labels: _labels, ...bare } = AGENT;
  assert.ok(!matches(bare, { labels: new Map([["team", "red"]]) }));
});

test("one of the statuses and one of the phases must be the agent's", () => {
  assert.ok(matches(AGENT, { statuses: ["done", "running"], phases: ["waiting"] }));
  assert.ok(!matches(AGENT, { statuses: ["done"], phases: ["waiting"] }));
  assert.ok(!matches(AGENT, { statuses: ["running"], phases: ["idle"] }));
});

test("a folder matches the agents in it and below it, not its neighbours", () => {
  assert.ok(matches(AGENT, { under: "/home/me/project" }));
  assert.ok(matches(AGENT, { under: "/home/me" }));
  assert.ok(matches(AGENT, { under: "/" }));
  assert.ok(!matches(AGENT, { under: "/home/me/proj" }));
  assert.ok(!matches(AGENT, { under: "/home/me/project/src" }));
  assert.ok(matches({ ...AGENT, dir: "C:\\work\\x" }, { under: "C:\\work" }));
});
