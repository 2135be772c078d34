import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

test(
  "what a run wrote reads the same after each step of its packing, and a repeat finishes it",
  { timeout: 300_000 },
  () => {
    const { status, stdout, stderr } = spawnSync("node_modules/.bin/bun", ["test/fault/retain/retain-steps.ts"], {
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
    const [, trials = "0"] = /^(\d+) trials held\n$/.exec(stdout) ?? [];
    assert.ok(Number(trials) > 10, stdout);
  },
);
