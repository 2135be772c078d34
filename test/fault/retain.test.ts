import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

for (const [program, says] of [
  ["retain-steps", "what a run wrote reads the same after each step of its packing, and a repeat finishes it"],
  [
    "split-steps",
    "a log reads the same after each step of its splits, events.jsonl is always there, and a writer goes on",
  ],
] as const) {
  test(says, { timeout: 300_000 }, () => {
    const { status, stdout, stderr } = spawnSync("node_modules/.bin/bun", [`test/fault/retain/${program}.ts`], {
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
    const [, trials = "0"] = /^(\d+) trials held\n$/.exec(stdout) ?? [];
    assert.ok(Number(trials) > 10, stdout);
  });
}
