import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import plugin from "../../plugins/claude/index.ts";
import { dialogue } from "../../plugins/claude/dialogue.ts";
import type { Command, LogEntry, Runner, RunSpec } from "../../src/types.ts";
import { runSpec } from "./run-spec.ts";

const folder = mkdtempSync(join(tmpdir(), "skep-claude-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const [claude] = plugin.runners ?? [];
assert.ok(claude);
const runner: Runner = claude;
const SESSION = "2b2d2c90-14ee-5657-8916-f3500f73e43e";
const spec = (changes: Partial<RunSpec> = {}): RunSpec => ({ ...runSpec(), ...changes });
const resumed = (env: RunSpec["env"]): RunSpec =>
  spec({ env, run: 2, resuming: true, agent: { ...runSpec().agent, agent_session: SESSION } });

describe("claude is called", () => {
  test("with a conversation that is chosen once for a run, and a UUID", async () => {
    const [one, again, other] = [
      await runner.launch(spec()),
      await runner.launch(spec()),
      await runner.launch(spec({ run: 2 })),
    ];
    const id = one.agent_session ?? "";
    assert.match(id, /^[\da-f]{8}-[\da-f]{4}-5[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    assert.deepEqual([again.agent_session, other.agent_session === id], [id, false]);
    assert.equal(one.argv[one.argv.indexOf("--session-id") + 1], id);
    assert.ok(!one.argv.includes("--resume"));
  });

  test("with the same conversation on a resume, as long as claude has it", async () => {
    const home = join(folder, "home");
    mkdirSync(join(home, ".claude/projects/-repo"), { recursive: true });
    const lost = async (): Promise<unknown> => runner.launch(resumed({ HOME: home }));
    await assert.rejects(lost, /claude has no conversation 2b2d2c90-\S+ any more/);
    await assert.rejects(
      lost,
      (error) => error instanceof Error && "hint" in error && String(error.hint).includes("skep logs"),
    );
    writeFileSync(join(home, `.claude/projects/-repo/${SESSION}.jsonl`), "");
    const launch = await runner.launch(resumed({ HOME: home }));
    assert.deepEqual([launch.argv.at(-2), launch.argv.at(-1), launch.agent_session], ["--resume", SESSION, SESSION]);
    const elsewhere = runner.launch.bind(runner, resumed({ HOME: home, CLAUDE_CONFIG_DIR: join(folder, "none") }));
    await assert.rejects(async () => elsewhere(), /has no conversation/);
  });

  test("never anew where its conversation never began", async () => {
    const { message: _message, ...bare } = spec({ run: 2, resuming: true });
    await assert.rejects(async () => runner.launch(bare), /never began/);
  });

  test("with what stands after --, but for what skep says itself", async () => {
    const args = ["--permission-mode", "acceptEdits", "--allowedTools", "Bash(git *)"];
    assert.deepEqual((await runner.launch(spec({ args }))).argv.slice(-4), args);
    for (const word of ["--output-format", "--resume=x", "--session-id", "-c"])
      await assert.rejects(
        async () => runner.launch(spec({ args: [word] })),
        new RegExp(`^Error: ${word.replace("=x", "")} is what`),
      );
  });

  test("by a login that another key or folder makes another one, and no key stands in", async () => {
    const login = async (env: RunSpec["env"]): Promise<string | undefined> =>
      (await runner.launch(spec({ env }))).login;
    const home = { HOME: "/home/u" };
    const all = [
      await login(home),
      await login({ ...home, CLAUDE_CONFIG_DIR: "/c" }),
      await login({ ...home, ANTHROPIC_API_KEY: "sk-secret" }),
      await login({ ...home, ANTHROPIC_API_KEY: "sk-other" }),
    ];
    assert.equal(new Set(all).size, 4);
    assert.equal(await login({ ...home, OTHER: "x" }), all[0]);
    assert.ok(!all.join(" ").includes("sk-"));
  });
});

describe("claude is found", () => {
  let made = 0;
  /** A program that tells this version, and whether it is logged in by its exit code. */
  const program = (version: string, status: number): string => {
    made += 1;
    const bin = join(folder, `bin${made}`);
    mkdirSync(bin);
    const script = `#!/bin/sh\necho "$*" >> ${bin}/asked\n[ "$1" = --version ] && echo "${version} (Claude Code)"\n[ "$1" = auth ] && exit ${status}\nexit 0\n`;
    writeFileSync(join(bin, "claude"), script, { mode: 0o755 });
    return bin;
  };
  const missing = async (env: RunSpec["env"]): Promise<readonly string[]> => {
    const found = await runner.detect?.(env);
    assert.ok(found !== undefined && "missing" in found, JSON.stringify(found));
    return [found.missing, found.hint];
  };

  test("where it is new enough and logged in", async () => {
    const bin = program("2.1.330", 0);
    const all = await Promise.all(Array.from({ length: 20 }, async () => runner.detect?.({ PATH: bin })));
    for (const found of all) assert.deepEqual(found, { path: join(bin, "claude"), version: "2.1.330" });
    assert.equal(readFileSync(join(bin, "asked"), "utf8"), "--version\nauth status\n", "twenty ask once");
  });

  test("not where it is missing, too old, not logged in or no claude; and what helps is said", async () => {
    assert.deepEqual(await missing({ PATH: join(folder, "nothing") }), [
      "claude, which is not on PATH",
      "npm install -g @anthropic-ai/claude-code, then: claude auth login",
    ]);
    const old = program("2.0.14", 0);
    const [needs, hint] = await missing({ PATH: old });
    assert.equal(needs, `claude 2.1.197 or newer, and ${old}/claude is 2.0.14`);
    assert.match(hint ?? "", /claude update/);
    const out = program("2.10.0", 1);
    const [login, how] = await missing({ PATH: out });
    assert.equal(login, `a login, and ${out}/claude has none`);
    assert.match(how ?? "", /claude auth login/);
    assert.match((await missing({ PATH: program("what", 0) }))[0] ?? "", /tells no version/);
  });
});

const entry = (data: Record<string, unknown>): LogEntry => ({
  type: String(data["type"]),
  time: "2026-03-02T09:15:04.000Z",
  received: 0,
  data,
  origin: { by: "child", run: 1, stream: "out", at: 0, bytes: 0 },
});
const ask = (id: string, subtype = "can_use_tool"): LogEntry =>
  entry({ type: "control_request", request_id: id, request: { subtype, tool_name: "Bash", input: { command: "ls" } } });
const { env: _env, ...first } = runSpec();
/** What is sent after these lines and commands, as values. */
function sent(...steps: readonly (LogEntry | Command)[]): readonly unknown[] {
  let step = dialogue.start(first);
  const lines = [...(step.send ?? [])];
  for (const one of steps) {
    step = "kind" in one ? dialogue.say(step.state, one) : dialogue.read(step.state, one);
    lines.push(...(step.send ?? []));
  }
  return lines.slice(1).map((line): unknown => JSON.parse(line));
}

describe("claude is spoken to", () => {
  test("in lines on stdin: the task first, then each message", () => {
    const task = dialogue.start(first).send ?? [];
    assert.deepEqual(
      task.map((line): unknown => JSON.parse(line)),
      [{ type: "user", message: { role: "user", content: first.message?.text } }],
    );
    assert.deepEqual(sent({ kind: "user", id: "m-1", text: "a\nb" }), [
      { type: "user", message: { role: "user", content: "a\nb" } },
    ]);
  });

  test("what it asks for is allowed with its own input, or denied with a reason", () => {
    const allow = sent(ask("q1"), { kind: "answer", request: "q1", allow: true });
    const allowed = { behavior: "allow", updatedInput: { command: "ls" } };
    assert.deepEqual(allow, [
      { type: "control_response", response: { subtype: "success", request_id: "q1", response: allowed } },
    ]);
    const denied = { behavior: "deny", message: "not here" };
    assert.deepEqual(sent(ask("q1"), ask("q2"), { kind: "answer", request: "q2", allow: false, reason: "not here" }), [
      { type: "control_response", response: { subtype: "success", request_id: "q2", response: denied } },
    ]);
  });

  test("an answer to what it asks no more is refused, and sends nothing", () => {
    const answer: Command = { kind: "answer", request: "q1", allow: true };
    for (const end of [entry({ type: "result" }), entry({ type: "control_cancel_request", request_id: "q1" }), answer])
      assert.deepEqual(sent(ask("q1"), end, answer).length, "kind" in end ? 1 : 0);
    assert.equal(dialogue.say(dialogue.start(first).state, answer).then?.to, "refused");
  });

  test("a question that skep does not know is answered by an error, so that it waits for nothing", () => {
    const [line] = sent(ask("q1", "elicitation"));
    const error = "skep cannot answer elicitation";
    assert.deepEqual(line, { type: "control_response", response: { subtype: "error", request_id: "q1", error } });
  });

  test("each cancel is a request of its own; a shutdown closes stdin", () => {
    const ids = sent({ kind: "cancel" }, { kind: "cancel" }).map(
      (line) => JSON.stringify(line).match(/skep-interrupt-\d/)?.[0],
    );
    assert.deepEqual(ids, ["skep-interrupt-1", "skep-interrupt-2"]);
    assert.deepEqual(dialogue.say(dialogue.start(first).state, { kind: "shutdown" }).then, { to: "close" });
  });
});
