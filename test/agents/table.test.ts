import assert from "node:assert/strict";
import { test } from "node:test";
import type { AgentUnderTest } from "./agent.ts";
import { pageWith, type Result } from "./table.ts";

const agent = (runner: string, version: string): AgentUnderTest => ({
  runner,
  programs: [{ command: runner, package: runner, version, path: runner }],
  live: true,
  settle: () => ({}),
});
const scenarios = ["cancel", "401"].map((name) => ({ name, run: () => Promise.resolve() }));
const ok = (runner: string, scenario: string): Result => ({ runner, scenario, how: "ok", seconds: 1.5 });
const failed = (runner: string, scenario: string): Result => ({ runner, scenario, how: "failed", why: "it hung" });
const skipped: Result = { runner: "two", scenario: "401", how: "skipped", why: "it has no keys" };
const PAGE = "# A\n\n<!-- written by npm run test:agents -- --update -->\n\n<!-- end -->\n\nB\n";
const tableIn = (page: string): readonly string[] => page.split("\n").filter((line) => /^[|-]/.test(line));

test("the table keeps what was not run again, and of another version nothing", () => {
  const both = [agent("one", "1.0.0"), agent("two", "1.0.0")];
  const first = pageWith(PAGE, both, scenarios, [
    ok("one", "cancel"),
    failed("one", "401"),
    failed("two", "cancel"),
    skipped,
  ]);
  const second = pageWith(first, both, scenarios, [ok("one", "401")]);
  assert.deepEqual(tableIn(second), [
    "|  | one | two |",
    "| --- | --- | --- |",
    "| version | 1.0.0 | 1.0.0 |",
    "| cancel | ok, 2 s | failed |",
    "| 401 | ok, 2 s | skipped: it has no keys |",
    "- two, cancel: failed: it hung",
  ]);
  assert.ok(second.startsWith("# A\n") && second.endsWith("\nB\n"));
  const newer = [agent("one", "1.0.0"), agent("two", "1.1.0")];
  assert.deepEqual(tableIn(pageWith(second, newer, scenarios, [])).slice(2), [
    "| version | 1.0.0 | 1.1.0 |",
    "| cancel | ok, 2 s |  |",
    "| 401 | ok, 2 s |  |",
  ]);
});
