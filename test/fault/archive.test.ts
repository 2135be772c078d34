import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

test(
  "an agent is whole in one place after each step of its way to the archive and back, and a repeat finishes",
  { timeout: 300_000 },
  () => {
    const { status, stdout, stderr } = spawnSync("node_modules/.bin/bun", ["test/fault/archive/archive-steps.ts"], {
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
    const [, trials = "0"] = /^(\d+) trials held\n$/.exec(stdout) ?? [];
    assert.ok(Number(trials) > 100, stdout);
  },
);
