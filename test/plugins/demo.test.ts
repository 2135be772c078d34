import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openConversation } from "../../plugins/demo/conversation.ts";
import { parseInboxLine } from "../../plugins/demo/inbox.ts";
import demo from "../../plugins/demo/index.ts";
import { parseScript } from "../../plugins/demo/script.ts";
import { runSpec, SNAPSHOT } from "./run-spec.ts";

const [runner] = demo.runners ?? [];
assert.ok(runner);

test("the demo agent is this skep itself, called as zot is", async () => {
  assert.deepEqual(await runner.launch(runSpec({ skep: ["/bin/skep", "--quiet"] })), {
    argv: [
      "/bin/skep",
      "--quiet",
      "__demo-agent",
      "--swarm-agent",
      "/run/in.sock",
      "--session",
      "/state/session.json",
      "--cwd",
      "/repo",
      "Fix it",
    ],
    env: { ZOT_SWARM_AGENT_ID: "fix-it-a1b2c3", ZOT_SWARM_EVENT_LOG: "/state/runs/000001/mirror" },
  });
  assert.deepEqual(await runner.detect?.({}), { path: process.execPath });
  assert.deepEqual(runner.deliver?.({ kind: "cancel" }, SNAPSHOT), { to: "inbox", line: "cancel" });
  assert.throws(() => runner.launch(runSpec({ args: ["--fast"] })), /takes no arguments/);
});

test("only whole words with readable values are instructions, in their order", () => {
  assert.deepEqual(
    parseScript("sleep:20 the tools, error: tool flood:x steps:2\nsteps:3:40 fail:3 wait-file:/a:b sleep"),
    [
      { kind: "sleep", ms: 20 },
      { kind: "tool" },
      { kind: "steps", count: 2, ms: 0 },
      { kind: "steps", count: 3, ms: 40 },
      { kind: "fail", code: 3 },
      { kind: "wait-file", path: "/a:b" },
    ],
  );
});

test("the inbox takes zot's lines and objects of the same meaning", () => {
  assert.deepEqual(parseInboxLine("user  two  spaces "), { kind: "user", text: " two  spaces " });
  assert.deepEqual(parseInboxLine('user-json "a\\nb"'), { kind: "user", text: "a\nb" });
  assert.deepEqual(parseInboxLine('{"kind":"user","text":"a\\nb"}'), { kind: "user", text: "a\nb" });
  assert.deepEqual(parseInboxLine("cancel"), { kind: "cancel" });
  assert.deepEqual(parseInboxLine('{"kind":"shutdown"}'), { kind: "shutdown" });
  for (const line of ["hello", "user-json 7", "user-json {", '"text"', "[]", '{"kind":"user"}', "cancel "]) {
    assert.deepEqual(parseInboxLine(line), { kind: "unknown" }, line);
  }
});

test("a session file that is missing or of another kind is an empty conversation", () => {
  const root = mkdtempSync(join(tmpdir(), "skep-demo-"));
  try {
    const path = join(root, "session.json");
    for (const text of [undefined, "", "[]", '{"messages":[]}', '{"turns":[7,{"user":7}]}']) {
      if (text !== undefined) writeFileSync(path, text);
      assert.deepEqual(openConversation(path).exchanges, []);
    }
    openConversation(path).add({ user: "hi", assistant: "ho" });
    assert.deepEqual(openConversation(path).exchanges, [{ user: "hi", assistant: "ho" }]);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
