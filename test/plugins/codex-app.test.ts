import assert from "node:assert/strict";
import { test } from "node:test";
import { dialogue } from "../../plugins/codex-app/dialogue.ts";
import { codexAppHandler } from "../../plugins/codex-app/handler.ts";
import { foldTranscript } from "../../src/core/fold-transcript.ts";
import type { LogEntry } from "../../src/types.ts";
import { runSpec } from "./run-spec.ts";

const entry = (data: LogEntry["data"]): LogEntry => ({
  time: "2026-11-29T19:30:54.895Z",
  received: 0,
  origin: { by: "child", run: 1, stream: "out", at: 0, bytes: 1 },
  type: "json",
  data,
});
const thread = { id: "thread/start:2", result: { thread: { id: "own" } } };
const turn = (what: "started" | "completed", threadId: string, id: string): LogEntry["data"] => ({
  method: `turn/${what}`,
  params: { threadId, turn: { id, status: "completed", items: [] } },
});

test("a sub-agent's turns are none of the dialogue's: a cancel interrupts the agent's own", () => {
  const lines = [{ id: "initialize:1", result: {} }, thread, turn("started", "own", "turn-1")];
  const children = [
    turn("started", "sub", "turn-2"),
    turn("completed", "sub", "turn-2"),
    turn("started", "sub", "turn-3"),
  ];
  let { state } = dialogue.start(runSpec());
  for (const line of [...lines, ...children]) ({ state } = dialogue.read(state, entry(line)));
  const { send = [] } = dialogue.say(state, { kind: "cancel" });
  assert.match(send[0] ?? "", /"method":"turn\/interrupt","params":\{"threadId":"own","turnId":"turn-1"\}/);
});

test("what a sub-agent does is not shown, what it asks is", () => {
  const said = { method: "item/agentMessage/delta", params: { threadId: "sub", itemId: "m-1", delta: "hi" } };
  const asked = {
    method: "item/commandExecution/requestApproval",
    id: 7,
    params: { threadId: "sub", command: "rm x" },
  };
  const lines = [thread, turn("started", "own", "turn-1"), said, turn("completed", "sub", "turn-2"), asked];
  const { state, snapshot } = foldTranscript(
    lines.map((line) => JSON.stringify(line)),
    { handlers: [codexAppHandler], turns: "live", output: "json" },
  );
  assert.deepEqual([snapshot.turns, snapshot.phase], [0, "waiting"]);
  assert.deepEqual(
    state.waiting.map(({ what }) => what),
    ["command: rm x"],
  );
  assert.equal(snapshot.last_assistant, undefined);
});
