import assert from "node:assert/strict";
import { test } from "node:test";
import exec from "../../plugins/exec/index.ts";
import output from "../../plugins/output/index.ts";
import { foldTranscript } from "../../src/core/fold-transcript.ts";
import { runSpec, SNAPSHOT } from "./run-spec.ts";

const [runner] = exec.runners ?? [];
assert.ok(runner);

test("a command is started as it was given, without a shell", async () => {
  const args = ["sh", "-c", "echo $HOME; exit 3"];
  assert.deepEqual(await runner.launch(runSpec({ args })), { argv: args });
  assert.deepEqual(await runner.launch(runSpec({ args, resuming: true, run: 2 })), { argv: args });
});

test("--stdin keeps stdin open, and --jsonl reads stdout as events", async () => {
  const launch = await runner.launch(runSpec({ args: ["cat"], options: { stdin: true, jsonl: true } }));
  assert.deepEqual(launch, { argv: ["cat"], output: "events", stdin: { kind: "open" } });
  assert.deepEqual(runner.accepts, ["stdin", "jsonl"]);
});

test("without a command it says what is missing", () => {
  assert.throws(() => runner.launch(runSpec()), /exec needs a command/);
});

test("a message is lines on stdin, a cancel is SIGINT, and a shutdown ends stdin", () => {
  const deliver = runner.deliver?.bind(runner);
  assert.deepEqual(deliver?.({ kind: "user", id: "m-1", text: "one\ntwo" }, SNAPSHOT), {
    to: "stdin",
    text: "one\ntwo\n",
  });
  assert.deepEqual(deliver?.({ kind: "cancel" }, SNAPSHOT), { to: "signal", signal: "SIGINT" });
  assert.deepEqual(deliver?.({ kind: "shutdown" }, SNAPSHOT), { to: "close" });
  assert.equal(deliver?.({ kind: "answer", request: "r", allow: true }, SNAPSHOT).to, "refused");
});

test("the exit code alone says whether a command failed", () => {
  const handlers = [...(exec.handlers ?? []), ...(output.handlers ?? [])];
  const fold = { handlers, output: "text", turns: runner.turns, verdict: runner.verdict } as const;
  const failed = foldTranscript(["all fine", '{"type":"turn_end","step":1}'], fold, { code: 3 }).snapshot;
  assert.equal(failed.status, "failed");
  assert.equal(failed.activity, "exit 3 (offline)");
  assert.deepEqual(failed.tail, ["all fine", '{"type":"turn_end","step":1}']);
  assert.equal(foldTranscript(["error: no"], fold, { code: 0 }).snapshot.status, "done");
});

test("with --jsonl the events of a command are read in zot's words", () => {
  const handlers = [...(exec.handlers ?? []), ...(output.handlers ?? [])];
  const lines = ['{"type":"tool_call","name":"build"}', "plain", '{"type":"assistant_message","content":"Done."}'];
  const { snapshot } = foldTranscript(lines, {
    handlers,
    output: "events",
    turns: runner.turns,
    verdict: runner.verdict,
  });
  assert.equal(snapshot.last_assistant, "Done.");
  assert.deepEqual(snapshot.tail, ["plain", "Done."]);
});
