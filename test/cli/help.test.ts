import assert from "node:assert/strict";
import { test } from "node:test";
import type { CommandSpec } from "../../src/cli/command.ts";
import { EXIT_MEANINGS } from "../../src/cli/exit-codes.ts";
import { briefHelp, fullHelp, verbHelp } from "../../src/cli/help.ts";
import { GLOBAL_FLAGS } from "../../src/cli/flags.ts";

const load = (): never => assert.fail("a verb was loaded for its help");
const SPAWN: CommandSpec = {
  name: "spawn",
  summary: "starts an agent",
  args: "[task…]",
  rest: "args",
  load,
  examples: ['skep spawn "fix it"'],
  flags: [
    { name: "label", short: "l", value: "k=v", many: true, summary: "a label" },
    { name: "wait", summary: "waits for the answer" },
  ],
};
const DEMO: CommandSpec = { name: "demo", summary: "the tour", args: "", flags: [], load };

test("the help of skep shows examples first, then every verb, flag, phase and exit code", () => {
  const help = fullHelp([SPAWN, DEMO], GLOBAL_FLAGS);
  assert.ok(help.indexOf("Examples:") < help.indexOf("Verbs:"));
  assert.match(help, /^ {2}spawn \[task…\] {2}starts an agent\n {2}demo {11}the tour$/m);
  for (const { name, summary } of GLOBAL_FLAGS)
    assert.match(help, new RegExp(`--${name}\\b.*${summary.replace(/[()]/g, ".")}`));
  for (const [code, meaning] of EXIT_MEANINGS)
    assert.ok(help.includes(`  ${String(code).padEnd(3)}  ${meaning}\n`), meaning);
  for (const phase of ["working", "waiting", "idle", "ended"]) assert.match(help, new RegExp(`^  ${phase} `, "m"));
  assert.match(help, /[^\n]\n$/);
});

test("the help of a verb shows its usage, examples and flags", () => {
  const help = verbHelp(SPAWN, GLOBAL_FLAGS);
  assert.ok(
    help.startsWith(
      'skep spawn [task…] [flags] [-- args]\n  starts an agent\n\nExamples:\n  skep spawn "fix it"\n\nFlags:\n',
    ),
  );
  assert.match(help, /^ {2}-l, --label <k=v> {2}a label \(repeatable\)\n {6}--wait {9}waits for the answer$/m);
});

test("a verb without flags and examples has no empty sections", () => {
  assert.ok(verbHelp(DEMO, GLOBAL_FLAGS).startsWith("skep demo\n  the tour\n\nFlags of every verb:\n"));
});

test("skep alone shows the verbs and where to read on", () => {
  const help = briefHelp([SPAWN, DEMO]);
  assert.match(help, /^skep keeps a swarm/);
  assert.match(help, /\n\nskep --help explains more, skep <verb> --help one verb\.\n$/);
  assert.ok(help.split("\n").length < 12);
});
