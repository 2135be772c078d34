import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import demo from "../../plugins/demo/index.ts";
import output from "../../plugins/output/index.ts";
import { parseObject } from "../../src/core/entry.ts";
import { foldTranscript } from "../../src/core/fold-transcript.ts";

const [runner] = demo.runners ?? [];
assert.ok(runner);

const DEADLINE_MS = 20_000;
const POLL_MS = 10;
const INBOX = "in.sock";
const ENTRY = join(process.cwd(), "test/fixtures/children/demo-agent.ts");
/** Node 20 runs no TypeScript, and these are processes of their own: Bun and Deno run them. */
const noTypeScript = "Bun" in globalThis || "Deno" in globalThis ? false : "needs a runtime that runs TypeScript";
const interpreter = "Deno" in globalThis ? [process.execPath, "run", "-A", "--no-check"] : [process.execPath];

interface Agent {
  readonly pid: number;
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
  lines(): readonly string[];
  events(): readonly Record<string, unknown>[];
  types(): readonly unknown[];
  say(line: string): Promise<void>;
  until(what: string, condition: () => boolean): Promise<void>;
}
type Start = (options: { task?: string; stdout?: "file" | "full"; env?: Record<string, string> }) => Promise<Agent>;

/** Runs a test with an agent folder of its own; what it started is gone afterwards. */
async function withAgents(body: (start: Start, root: string) => Promise<void>): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "skep-demo-"));
  const children: ChildProcess[] = [];
  try {
    await body(async ({ task, stdout = "file", env = {} }) => {
      const out = join(root, `out-${children.length}`);
      const child = spawnAgent(root, stdout === "full" ? "/dev/full" : out, task, env);
      children.push(child);
      const agent = observe(child, join(root, INBOX), out);
      if (stdout === "file") await agent.until("the agent is ready", () => agent.types().includes("agent_ready"));
      return agent;
    }, root);
  } finally {
    for (const child of children) child.kill("SIGKILL");
    rmSync(root, { recursive: true, force: true });
  }
}

function spawnAgent(root: string, out: string, task: string | undefined, env: Record<string, string>): ChildProcess {
  const fd = openSync(out, "a");
  try {
    const [command = "", ...front] = interpreter;
    const options = ["--swarm-agent", join(root, INBOX), "--session", join(root, "session.json"), "--cwd", root];
    return spawn(command, [...front, ENTRY, ...options, ...(task === undefined ? [] : [task])], {
      stdio: ["ignore", fd, "inherit"],
      env: { ...process.env, ...env },
    });
  } finally {
    closeSync(fd);
  }
}

function observe(child: ChildProcess, inbox: string, out: string): Agent {
  const lines = (): readonly string[] => (existsSync(out) ? readFileSync(out, "utf8").split("\n").slice(0, -1) : []);
  const events = (): readonly Record<string, unknown>[] =>
    lines()
      .map(parseObject)
      .filter((event) => event !== undefined);
  assert.ok(child.pid !== undefined);
  return {
    pid: child.pid,
    lines,
    events,
    types: () => events().map(({ type }) => type),
    ended: new Promise((resolve) => child.on("exit", (code, signal) => resolve({ code, signal }))),
    say: (line) => tell(inbox, line),
    async until(what, condition) {
      const deadline = Date.now() + DEADLINE_MS;
      while (!condition()) {
        assert.ok(Date.now() < deadline, `${what}: not within ${DEADLINE_MS} ms; it printed:\n${lines().join("\n")}`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    },
  };
}

function tell(inbox: string, line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(inbox, () => socket.end(`${line}\n`));
    socket.on("error", reject);
    socket.on("close", () => resolve());
    socket.resume();
  });
}

const ends = (agent: Agent): readonly Record<string, unknown>[] =>
  agent.events().filter(({ type }) => type === "turn_end");
const texts = (agent: Agent): string =>
  agent
    .events()
    .flatMap(({ type, content }) => (type === "assistant_message" ? [JSON.stringify(content)] : []))
    .join("\n");

test("the task is answered, messages start turns, a shutdown ends it with 0", { skip: noTypeScript }, () =>
  withAgents(async (start) => {
    const agent = await start({ task: "Say hi" });
    await agent.until("the task is done", () => ends(agent).length === 1);
    await agent.say('user-json "two\\nlines"');
    await agent.until("the message is done", () => ends(agent).length === 2);
    const turn = ["turn_start", "user_message", "assistant_message", "usage", "turn_end"];
    assert.deepEqual(agent.types(), ["agent_ready", ...turn, ...turn]);
    assert.match(texts(agent), /"echo: Say hi \(turn 1\)".*\n.*"echo: two\\nlines \(turn 2\)"/);
    await agent.say("shutdown");
    assert.deepEqual(await agent.ended, { code: 0, signal: null });
    const handlers = [...(demo.handlers ?? []), ...(output.handlers ?? [])];
    const { snapshot } = foldTranscript(agent.lines(), { handlers, output: "events", ...runner }, { code: 0 });
    assert.equal(snapshot.status, "done");
    assert.equal(snapshot.turns, 2);
    assert.equal(snapshot.last_assistant, "echo: two\nlines (turn 2)");
    assert.equal(snapshot.unknown_events, undefined);
    assert.deepEqual(snapshot.usage, { input_tokens: 4, output_tokens: 10, cost_usd: 0.000162 });
  }),
);

test("a resumed agent goes on counting, also after it was killed", { skip: noTypeScript }, () =>
  withAgents(async (start) => {
    const first = await start({ task: "one" });
    await first.until("the task is done", () => ends(first).length === 1);
    await first.say("user two crash");
    assert.equal((await first.ended).signal, "SIGKILL");
    const second = await start({});
    assert.deepEqual(second.types(), ["agent_ready"]);
    await second.say("user three");
    await second.until("the message is done", () => ends(second).length === 1);
    assert.match(texts(second), /echo: three \(turn 2\)/);
  }),
);

test("a message to a busy agent is dropped, and a cancel ends its turn", { skip: noTypeScript }, () =>
  withAgents(async (start, root) => {
    const agent = await start({ task: `wait-file:${join(root, "go")}` });
    await agent.until("the turn is open", () => agent.types().includes("user_message"));
    await agent.say("user more");
    await agent.until("the message is refused", () => agent.types().includes("error"));
    assert.match(String(agent.events().at(-1)?.["message"]), /^agent busy/);
    await agent.say("cancel");
    await agent.until("the turn is over", () => ends(agent).length === 1);
    assert.equal(ends(agent)[0]?.["stop"], "cancelled");
    assert.equal(texts(agent), "");
    await agent.say("user again");
    await agent.until("the next turn is over", () => ends(agent).length === 2);
    assert.match(texts(agent), /echo: again \(turn 2\)/);
  }),
);

test("a turn ends when the file it waits for is there", { skip: noTypeScript }, () =>
  withAgents(async (start, root) => {
    const agent = await start({ task: `steps:2 tool error wait-file:${join(root, "go")}` });
    await agent.until("it did what comes before", () => agent.types().includes("error"));
    assert.deepEqual(agent.types().slice(3), [
      "assistant_message",
      "assistant_message",
      "tool_call",
      "tool_result",
      "error",
    ]);
    writeFileSync(join(root, "go"), "");
    await agent.until("the turn is over", () => ends(agent).length === 1);
    assert.match(texts(agent), /"step 1 of 2".*\n.*"step 2 of 2".*\n.*turn 1/);
  }),
);

test("a flood and a ragged line lose nothing", { skip: noTypeScript }, () =>
  withAgents(async (start) => {
    const agent = await start({ task: "flood:5000 ragged äöü" });
    await agent.until("the turn is over", () => ends(agent).length === 1);
    const flood = agent.lines().filter((line) => line.startsWith("line "));
    assert.equal(flood.length, 5_000);
    assert.equal(flood.at(-1), "line 5000 of 5000");
    assert.match(texts(agent), /echo: flood:5000 ragged äöü \(turn 1\)/);
  }),
);

test("it fails with the code it was told, after the turn", { skip: noTypeScript }, () =>
  withAgents(async (start) => {
    const agent = await start({ task: "fail:3" });
    assert.deepEqual(await agent.ended, { code: 3, signal: null });
    assert.equal(ends(agent).length, 1);
  }),
);

test("SIGTERM ends it with 143; a stubborn one ignores that and a shutdown", { skip: noTypeScript }, () =>
  withAgents(async (start) => {
    const agent = await start({ task: "hi" });
    process.kill(agent.pid, "SIGTERM");
    assert.deepEqual(await agent.ended, { code: 143, signal: null });
    const stubborn = await start({ task: "stubborn" });
    await stubborn.until("the task is done", () => ends(stubborn).length === 1);
    process.kill(stubborn.pid, "SIGTERM");
    await stubborn.say("shutdown");
    await stubborn.say("user still there");
    await stubborn.until("it answers all the same", () => ends(stubborn).length === 2);
  }),
);

test("what it leaves in the background outlives it, in a session of its own", { skip: noTypeScript }, () =>
  withAgents(async (start) => {
    const agent = await start({ task: "background" });
    await agent.until("the turn is over", () => ends(agent).length === 1);
    const pid = Number(
      agent
        .lines()
        .find((line) => line.startsWith("background "))
        ?.slice("background ".length),
    );
    assert.ok(pid > 0);
    try {
      await agent.say("shutdown");
      await agent.ended;
      assert.doesNotThrow(() => process.kill(pid, 0));
      assert.doesNotThrow(() => process.kill(-pid, 0)); // it leads a group
    } finally {
      process.kill(pid, "SIGKILL");
    }
  }),
);

test(
  "when stdout takes nothing more, events go to the mirror",
  { skip: noTypeScript || !existsSync("/dev/full") },
  () =>
    withAgents(async (start, root) => {
      const mirror = join(root, "mirror");
      const agent = await start({ task: "hi", stdout: "full", env: { ZOT_SWARM_EVENT_LOG: mirror } });
      const mirrored = (): string[] => (existsSync(mirror) ? readFileSync(mirror, "utf8").trimEnd().split("\n") : []);
      await agent.until("the turn is in the mirror", () => mirrored().some((line) => line.includes('"turn_end"')));
      assert.match(mirrored()[0] ?? "", /"agent_ready"/);
      assert.equal(mirrored().length, 6);
    }),
);
