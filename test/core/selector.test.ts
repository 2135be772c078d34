import assert from "node:assert/strict";
import { test } from "node:test";
import { oldestFirst, resolve, type Selectable } from "../../src/core/selector.ts";

const agent = (id: string, started: string, session_id?: string): Selectable => ({ id, started, session_id });
const AGENTS: readonly Selectable[] = [
  agent("fix-lint-a1b2c3", "2026-11-23T10:00:00Z"),
  agent("fix-docs-a1ffff", "2026-11-23T12:00:00+05:00", "s1"),
  agent("tests-00000z", "2026-11-23T09:59:59.999999999Z", "s2"),
  agent("a1", "2026-11-23T08:00:00Z"),
];

test("an id, a handle and a unique prefix of either name an agent", () => {
  for (const [selector, id] of [
    ["fix-lint-a1b2c3", "fix-lint-a1b2c3"],
    ["a1b2c3", "fix-lint-a1b2c3"],
    ["a1b", "fix-lint-a1b2c3"],
    ["fix-d", "fix-docs-a1ffff"],
    ["t", "tests-00000z"],
    ["0", "tests-00000z"],
  ] as const) {
    assert.deepEqual(resolve(selector, AGENTS), { id }, selector);
  }
});

test("an exact name beats a prefix", () => {
  assert.deepEqual(resolve("a1", AGENTS), { id: "a1" });
  const agents = [agent("x-ab", "2026-11-23T10:00:00Z"), agent("ab-cd", "2026-11-23T10:00:00Z")];
  assert.deepEqual(resolve("ab", agents), { id: "x-ab" }, "a handle beats the prefix of an id");
});

test("a prefix of several is ambiguous and tells them, also when they share a handle", () => {
  assert.deepEqual(resolve("fix", AGENTS), { error: "ambiguous", candidates: ["fix-lint-a1b2c3", "fix-docs-a1ffff"] });
  const foreign = [agent("one-1", "2026-11-23T10:00:00Z"), agent("two-1", "2026-11-23T10:00:00Z")];
  assert.deepEqual(resolve("1", foreign), { error: "ambiguous", candidates: ["one-1", "two-1"] });
});

test("what names nobody finds nobody", () => {
  for (const selector of ["", "@first", "zz", "FIX-LINT-A1B2C3", "ix-lint", "constructor"]) {
    assert.deepEqual(resolve(selector, AGENTS), { error: "none", candidates: [] }, selector);
  }
  assert.deepEqual(resolve("@last", []), { error: "none", candidates: [] });
});

test("@last is the agent that started last, whatever the offset its time is written with", () => {
  assert.deepEqual(resolve("@last", AGENTS), { id: "fix-lint-a1b2c3" });
  assert.deepEqual(resolve("@last", [...AGENTS, agent("x", "not a time")]), { id: "fix-lint-a1b2c3" });
});

test("a session sees its own agents and those of none; a whole id is found anywhere", () => {
  assert.deepEqual(resolve("t", AGENTS, "s1"), { error: "none", candidates: [] });
  assert.deepEqual(resolve("00000z", AGENTS, "s1"), { error: "none", candidates: [] });
  assert.deepEqual(resolve("tests-00000z", AGENTS, "s1"), { id: "tests-00000z" });
  assert.deepEqual(resolve("fix", AGENTS, "s2"), { id: "fix-lint-a1b2c3" });
  assert.deepEqual(
    resolve("@last", [agent("a", "2026-11-23T10:00:00Z", "s2"), agent("b", "2026-11-23T09:00:00Z")], "s1"),
    { id: "b" },
  );
  assert.deepEqual(resolve("t", AGENTS, ""), { id: "tests-00000z" }, "an empty session is none");
});

test("agents are ordered by the time they started, then by id", () => {
  assert.deepEqual(
    oldestFirst(AGENTS).map(({ id }) => id),
    ["fix-docs-a1ffff", "a1", "tests-00000z", "fix-lint-a1b2c3"],
  );
  const twins = [agent("b", "2026-11-23T10:00:00Z"), agent("a", "2026-11-23T10:00:00.000Z")];
  assert.deepEqual(
    oldestFirst(twins).map(({ id }) => id),
    ["a", "b"],
  );
});
