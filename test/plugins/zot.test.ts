import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import output from "../../plugins/output/index.ts";
import { zotHandler } from "../../plugins/zot/handler.ts";
import zot from "../../plugins/zot/index.ts";
import { apply } from "../../src/core/apply.ts";
import { parseLine } from "../../src/core/entry.ts";
import { foldTranscript } from "../../src/core/fold-transcript.ts";
import { type AgentState, INITIAL } from "../../src/core/state.ts";
import { linesOf } from "../../src/core/transcript.ts";
import { makeTranslate } from "../../src/core/translate.ts";
import type { AgentEvent, LogEntry } from "../../src/types.ts";
import { runSpec, SNAPSHOT } from "./run-spec.ts";

const [runner] = zot.runners ?? [];
assert.ok(runner);
const handlers = [...(zot.handlers ?? []), ...(output.handlers ?? [])];

const fixture = (name: string): string[] =>
  readFileSync(`test/fixtures/zot/${name}.jsonl`, "utf8").trimEnd().split("\n");
const foreign = (line: string): LogEntry => {
  const parsed = parseLine(line);
  assert.ok(parsed, line);
  return parsed.entry;
};
const fromChild = (data: Record<string, unknown> & { type: string }): LogEntry => ({
  type: data.type,
  time: "2026-03-02T09:15:04.000Z",
  received: 0,
  data,
  origin: { by: "child", run: 1, stream: "out", at: 0, bytes: 0 },
});
const fold = (name: string): AgentState => {
  const translate = makeTranslate(handlers);
  return fixture(name).reduce((state, line) => apply(state, foreign(line), translate).state, INITIAL);
};

const thinking: AgentEvent = { kind: "activity", text: "thinking" };
const idle: AgentEvent = { kind: "activity", text: "idle" };

test("a turn with a tool, a second turn and a shutdown are translated line by line", () => {
  const user = (text: string): AgentEvent => ({ kind: "message", role: "user", text });
  const assistant = (text: string): AgentEvent => ({ kind: "message", role: "assistant", text });
  const usage = (input: number, output: number, read: number, write: number, cost_usd: number): AgentEvent => ({
    kind: "usage",
    scope: "session",
    usage: { input_tokens: input, output_tokens: output, cache_read_tokens: read, cache_write_tokens: write, cost_usd },
  });
  const start: AgentEvent[] = [{ kind: "turn_started" }, thinking];
  const tool = { kind: "tool", id: "toolu_01" } as const;
  assert.deepEqual(
    fixture("two-turns").map((line) => zotHandler.handle(foreign(line))),
    [
      [{ kind: "ready" }],
      start,
      [user("List the Go files\nand count them")],
      start,
      ...Array.from({ length: 6 }, () => []), // assistant_start, text_delta, tool_use_…
      [usage(812, 34, 0, 640, 0.005)],
      [assistant("I will look."), idle],
      [{ ...tool, phase: "started", name: "bash" }],
      [idle], // the model's call ended, not the prompt
      [],
      [{ ...tool, phase: "ended", ok: true }, idle],
      start,
      [],
      [usage(942, 55, 640, 640, 0.006)],
      [assistant("main.go and agent.go:\ntwo files."), idle],
      [idle],
      [],
      [{ kind: "turn_ended" }, idle],
      start,
      [user("Thanks")],
      start,
      [],
      [usage(954, 59, 1410, 640, 0.0065)],
      [assistant("You are welcome."), idle],
      [idle],
      [],
      [{ kind: "turn_ended" }, idle],
      [{ kind: "run_stopped", exit: { reason: "shutdown" } }],
      [{ kind: "run_stopped", exit: { reason: "exit", code: 0 } }],
    ],
  );
});

test("a log that zot wrote folds into its turns, its transcript and its last words", () => {
  const state = fold("two-turns");
  assert.equal(state.turns, 2);
  assert.equal(state.answer, "You are welcome.");
  assert.equal(state.unknown, 0);
  assert.deepEqual(state.exit, { reason: "exit", code: 0 });
  assert.deepEqual(linesOf(state.transcript), [
    "user: List the Go files",
    "user: and count them",
    "I will look.",
    "main.go and agent.go:",
    "two files.",
    "user: Thanks",
    "You are welcome.",
  ]);
});

test("a turn that was cancelled ends as cancelled, told by Go's error or by its stop", () => {
  assert.equal(fold("cancelled").outcome?.kind, "cancelled");
  for (const end of [
    { stop: "cancelled" },
    { stop: "aborted" },
    { error: 'Post "https://model.test": context canceled' },
  ]) {
    assert.deepEqual(zotHandler.handle(fromChild({ type: "turn_end", step: 2, ...end })), [
      { kind: "turn_ended", cancelled: true },
      idle,
    ]);
  }
});

test("a turn that failed keeps its error, and so does the exit", () => {
  const state = fold("failed");
  assert.deepEqual(state.outcome, { kind: "failed", error: "http 401: invalid x-api-key" });
  assert.deepEqual(state.exit, { reason: "exit", code: 1, error: "exit status 1" });
  assert.deepEqual(linesOf(state.transcript), [
    "stderr: warning: no API key in the keychain",
    "user: Say hi",
    "panic: runtime error",
    "error: unknown supervisor message: hello",
  ]);
});

test("a resumed run, logged twice by parent and child, counts once", () => {
  const state = fold("resumed");
  assert.equal(state.run, 2);
  assert.equal(state.open, true);
  assert.deepEqual(linesOf(state.transcript), ["user: First", "One.", "user: Second", "Two."]);
});

test("a child's word on its own start and end is information only", () => {
  assert.deepEqual(zotHandler.handle(fromChild({ type: "agent_started", run: 7 })), []);
  assert.deepEqual(zotHandler.handle(fromChild({ type: "agent_stopped", reason: "exit", code: 0 })), []);
  assert.deepEqual(zotHandler.handle(foreign('{"type":"agent_started","resuming":true}')), [
    { kind: "run_started", run: 0, resumed: true },
  ]);
});

test("a busy agent's refusal puts the message back and is no failure; other errors are", () => {
  const message = "agent busy; send 'cancel' first";
  const refused = [{ kind: "busy" }, { kind: "error", level: "warning", message }];
  assert.deepEqual(zotHandler.handle(fromChild({ type: "error", error: message })), refused);
  assert.deepEqual(zotHandler.handle(fromChild({ type: "error", message })), refused);
  assert.deepEqual(zotHandler.handle(fromChild({ type: "error", message: "no" })), [
    { kind: "error", level: "terminal", message: "no" },
  ]);
  assert.deepEqual(zotHandler.handle(fromChild({ type: "error" })), []);
});

test("usage that says nothing is ignored, and what it does not say is left out", () => {
  const usage = (cumulative: unknown): unknown => zotHandler.handle(fromChild({ type: "usage", input: 5, cumulative }));
  for (const nothing of [undefined, null, "12", [1], {}, { input: 0, output: 0 }, { input: "12", output: -1 }]) {
    assert.deepEqual(usage(nothing), []);
  }
  assert.deepEqual(usage({ input: 12, output: null, cost_usd: 0 }), [
    { kind: "usage", scope: "session", usage: { input_tokens: 12, cost_usd: 0 } },
  ]);
});

test("fields of another kind than zot's are read as missing", () => {
  const said = (content: unknown): unknown => zotHandler.handle(fromChild({ type: "assistant_message", content }));
  for (const content of [
    null,
    7,
    {},
    [],
    [null, "x", { type: "text" }, { type: "text", text: 7 }, { type: "image" }],
  ]) {
    assert.deepEqual(said(content), [{ kind: "message", role: "assistant", text: "" }, idle]);
  }
  assert.deepEqual(zotHandler.handle(fromChild({ type: "tool_call", id: 7, name: {} })), [
    { kind: "tool", phase: "started" },
  ]);
  assert.deepEqual(zotHandler.handle(fromChild({ type: "turn_end", step: "1", error: {} })), [idle]);
  assert.equal(zotHandler.handle(fromChild({ type: "mystery" })), undefined);
});

test("the words of a child fold as those of zot's own log do", () => {
  const lines = fixture("two-turns").slice(0, -1);
  const child = foldTranscript(
    lines,
    { handlers, output: "events", turns: runner.turns, verdict: runner.verdict },
    { code: 0 },
  );
  assert.equal(child.snapshot.status, "done");
  assert.equal(child.snapshot.turns, 2);
  assert.equal(child.snapshot.unknown_events, undefined);
  assert.deepEqual(linesOf(child.state.transcript), linesOf(fold("two-turns").transcript));
  assert.deepEqual(child.snapshot.usage, {
    input_tokens: 954,
    output_tokens: 59,
    cache_read_tokens: 1410,
    cache_write_tokens: 640,
    cost_usd: 0.0065,
  });
});

test("a child is started as zot's swarm starts it", async () => {
  assert.deepEqual(await runner.launch(runSpec()), {
    argv: ["zot", "--swarm-agent", "/run/in.sock", "--session", "/state/session.json", "--cwd", "/repo", "Fix it"],
    env: { ZOT_SWARM_AGENT_ID: "fix-it-a1b2c3", ZOT_SWARM_EVENT_LOG: "/state/runs/000001/mirror" },
  });
});

test("model, provider, further arguments and another executable are passed on", async () => {
  const agent = { ...SNAPSHOT, model: "opus", provider: "anthropic" };
  const { argv } = await runner.launch(runSpec({ agent, args: ["--no-lsp"], env: { ZOT_BIN: "/opt/zot" } }));
  assert.equal(argv[0], "/opt/zot");
  assert.deepEqual(argv.slice(7), ["--model", "opus", "--provider", "anthropic", "--no-lsp", "Fix it"]);
});

test("a resume sends no task again", async () => {
  const { message: _message, ...spec } = runSpec({ resuming: true, run: 2 });
  assert.equal((await runner.launch(spec)).argv.at(-1), "/repo");
});

test("a task that is too long for a command line is refused, counted in bytes", async () => {
  const task = (text: string): ReturnType<typeof runSpec> => runSpec({ message: { id: "m-0", text } });
  assert.equal((await runner.launch(task("é".repeat(60_000)))).argv.at(-1)?.length, 60_000);
  assert.throws(() => runner.launch(task("é".repeat(60_001))), /120002 bytes.*at most 120000/);
});

test("messages and commands are lines at the inbox", () => {
  const deliver = (text: string): unknown => runner.deliver?.({ kind: "user", id: "m-1", text }, SNAPSHOT);
  assert.deepEqual(deliver("go on"), { to: "inbox", line: "user go on" });
  assert.deepEqual(deliver('say "a"\nand b'), { to: "inbox", line: 'user-json "say \\"a\\"\\nand b"' });
  assert.deepEqual(deliver("a\rb"), { to: "inbox", line: 'user-json "a\\rb"' });
  assert.deepEqual(runner.deliver?.({ kind: "cancel" }, SNAPSHOT), { to: "inbox", line: "cancel" });
  assert.deepEqual(runner.deliver?.({ kind: "shutdown" }, SNAPSHOT), { to: "inbox", line: "shutdown" });
  assert.equal(runner.deliver?.({ kind: "answer", request: "r", allow: true }, SNAPSHOT).to, "refused");
});

test("zot is found on PATH only where it may be executed", async () => {
  const root = mkdtempSync(join(tmpdir(), "skep-zot-"));
  try {
    const [folder, plain, good] = ["a", "b", "c"].map((name) => join(root, name));
    assert.ok(folder !== undefined && plain !== undefined && good !== undefined);
    mkdirSync(join(folder, "zot"), { recursive: true });
    for (const [at, mode] of [
      [plain, 0o600],
      [good, 0o700],
    ] as const) {
      mkdirSync(at);
      writeFileSync(join(at, "zot"), "#!/bin/sh\n");
      chmodSync(join(at, "zot"), mode);
    }
    const PATH = [".", "", folder, plain, good].join(delimiter);
    assert.deepEqual(await runner.detect?.({ PATH }), { path: join(good, "zot") });
    assert.deepEqual(await runner.detect?.({ ZOT_BIN: join(good, "zot") }), { path: join(good, "zot") });
    const missing = await runner.detect?.({ PATH: plain });
    assert.ok(missing !== undefined && "missing" in missing && missing.missing.startsWith("zot, which"));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
