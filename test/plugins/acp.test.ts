import assert from "node:assert/strict";
import { test } from "node:test";
import plugin from "../../plugins/acp/index.ts";
import { dialogue } from "../../plugins/acp/dialogue.ts";
import type { AgentEvent, LogEntry } from "../../src/types.ts";
import { runSpec } from "./run-spec.ts";

const [handler] = plugin.handlers ?? [];
assert.ok(handler);
const entry = (data: LogEntry["data"]): LogEntry => ({
  time: "2026-11-29T19:30:54.895Z",
  received: 0,
  origin: { by: "child", run: 1, stream: "out", at: 0, bytes: 1 },
  type: "json",
  data: { jsonrpc: "2.0", ...data },
});
const hear = (data: LogEntry["data"]): readonly AgentEvent[] | undefined => handler.handle(entry(data));
const update = (body: object): LogEntry["data"] => ({
  method: "session/update",
  params: { sessionId: "s-1", update: body },
});
const failure = (told: object): object => ({ jetbrains: { air: { version: 1, sessionFailure: told } } });

test("an agent is asked to tell notices and failures apart from the model's words", () => {
  const { send = [] } = dialogue.start(runSpec({ args: ["codex"] }));
  assert.match(send[0] ?? "", /"session":\{"notices":\{\}\},"_meta":\{"jetbrains":\{"air":.*"sessionFailure"/);
});

test("a turn that ended well by its stop reason has failed where the response says so beside it", () => {
  const title = "We’re currently experiencing high demand, which may cause temporary errors.";
  const end = (told: object): LogEntry["data"] => ({
    id: "session/prompt:3",
    result: { stopReason: "end_turn", _meta: failure(told) },
  });
  assert.deepEqual(hear(end({ severity: "error", category: "service", title, actions: ["retry"] })), [
    { kind: "error", level: "terminal", message: title },
    { kind: "turn_ended", error: title },
  ]);
  assert.deepEqual(hear(end({ severity: "error", category: "access", title: "Sign in", details: "no key" })), [
    { kind: "error", level: "terminal", message: "Sign in: no key", login: true },
    { kind: "turn_ended", error: "Sign in: no key" },
  ]);
  assert.deepEqual(hear(end({ severity: "warning", category: "service", title })), [{ kind: "turn_ended" }]);
});

test("a notice is a warning, a request that is tried again a retry, and neither is the answer", () => {
  const said = (level: "warning" | "retry", message: string): readonly AgentEvent[] => [
    { kind: "error", level, message },
  ];
  const notice = { sessionUpdate: "notice", severity: "warning", title: "Model metadata not found.", description: "x" };
  assert.deepEqual(hear(update(notice)), said("warning", "Model metadata not found: x"));
  assert.deepEqual(hear(update({ ...notice, severity: "info" })), []);
  const info = (told: object): object => ({ sessionUpdate: "session_info_update", _meta: failure(told) });
  const again = { severity: "warning", category: "connection", title: "Reconnecting... 1/1" };
  assert.deepEqual(hear(update(info(again))), said("retry", "Reconnecting... 1/1"));
  assert.deepEqual(hear(update(info({ ...again, category: "unknown", title: "News" }))), said("warning", "News"));
  assert.deepEqual(hear(update({ sessionUpdate: "session_info_update", title: "say hi" })), []);
});
