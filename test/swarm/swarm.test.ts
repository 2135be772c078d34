import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { openSwarm } from "../../src/supervisor/open-swarm.ts";
import type { Swarm } from "../../src/swarm/api.ts";
import { callerOf } from "../../src/swarm/caller.ts";
import type { Detail, SpawnRequest } from "../../src/types.ts";
import { until } from "../sandbox.ts";
import { type Heard, pluginHearing } from "./test-plugin.ts";

let folder: string;
let env: Record<string, string | undefined>;
let swarm: Swarm;
const heard: Heard = { events: [], stops: [], refuse: false };
const open = (root = "root"): Promise<Swarm> =>
  openSwarm({
    root: join(folder, root),
    plugins: [pluginHearing(heard)],
    env,
    warn: () => {},
    settings: { idleTimeout: 3_600_000 },
  });
const spawn = async (request: Partial<SpawnRequest>): Promise<string> =>
  (await swarm.spawn({ task: "do it", runner: "exec", dir: folder, ...request })).id;
const reaches = (id: string, holds: (agent: Detail) => boolean): Promise<Detail> => until(() => swarm.show(id), holds);
const states = (agent: Detail): readonly string[] => agent.messages.map(({ state }) => state);

function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z");
  } catch {
    return false; // it has gone
  }
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "skep-swarm-"));
  env = { ...process.env, XDG_RUNTIME_DIR: folder };
  swarm = await open();
});
after(async () => {
  for (const { id, phase } of (await swarm.list()).agents) if (phase !== "ended") await swarm.stop(id, { grace: 200 });
  await swarm.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("a one-shot runner", () => {
  test("takes each message as a run of its own, in order", async () => {
    const id = await spawn({ runner: "turner", task: "one" });
    await swarm.send(id, "two");
    await swarm.send(id, "three");
    const agent = await reaches(id, ({ turns, phase }) => turns === 3 && phase === "ended");
    assert.deepEqual(
      [agent.run, agent.status, agent.last_assistant, states(agent)],
      [3, "done", "did three", ["done", "done", "done"]],
    );
    const said = readFileSync(join(folder, "root/agents", id, "events.jsonl"), "utf8").match(/"type":"user_message"/g);
    assert.equal(said?.length, 3);
  });

  test("whose turn stayed open has failed, though it exited with 0", async () => {
    const id = await spawn({ runner: "turner", task: "open" });
    const agent = await reaches(id, ({ phase }) => phase === "ended");
    assert.deepEqual([agent.status, agent.exit_code], ["failed", 0]);
    assert.match(agent.activity, /left open/);
  });

  test("is told a sentence on a resume without a message, and goes on with its queue after a cancel", async () => {
    const id = await spawn({ runner: "turner", task: "hang" });
    await reaches(id, ({ activity, last_assistant }) => activity === "thinking" && last_assistant !== undefined);
    await swarm.send(id, "next");
    await swarm.cancel(id);
    const agent = await reaches(id, ({ last_assistant, phase }) => last_assistant === "did next" && phase === "ended");
    assert.equal(agent.runs[0]?.exit?.reason, "cancelled");
    await swarm.resume(id);
    await reaches(
      id,
      ({ last_assistant, phase }) => last_assistant === "did Continue where you left off." && phase === "ended",
    );
  });

  test("leaves no tool behind when its turn is cancelled with its run", async () => {
    const id = await spawn({ runner: "turner", task: "hang with a tool" });
    const { last_assistant = "" } = await reaches(id, (agent) => agent.last_assistant !== undefined);
    const pid = Number(last_assistant.replace("tool ", ""));
    assert.ok(pid > 1 && isAlive(pid), last_assistant);
    await swarm.cancel(id);
    assert.equal((await reaches(id, ({ phase }) => phase === "ended")).status, "killed");
    await until(
      () => isAlive(pid),
      (alive) => !alive,
    );
  });

  test("keeps its messages after a stop until a resume or a new send", async () => {
    const id = await spawn({ runner: "turner", task: "hang" });
    await reaches(id, ({ last_assistant }) => last_assistant !== undefined);
    await swarm.send(id, "later");
    assert.equal((await swarm.stop(id, { grace: 300 })).status, "killed");
    assert.deepEqual(states(await swarm.show(id)), ["done", "queued"]);
    await swarm.send(id, "now");
    const agent = await reaches(id, ({ last_assistant, phase }) => last_assistant === "did now" && phase === "ended");
    assert.deepEqual(states(agent), ["done", "done", "done"]);
  });
});

describe("a live runner", () => {
  test("gets a message after its turn, and one that it refused again", async () => {
    const gate = join(folder, "gate");
    const id = await spawn({ runner: "demo", task: `wait-file:${gate}` });
    await reaches(id, ({ activity }) => activity === "thinking");
    const { message } = await swarm.send(id, "into the open turn", { now: true });
    await reaches(id, (agent) => agent.messages.some((one) => one.id === message && one.state === "queued"));
    writeFileSync(gate, "");
    const agent = await reaches(id, ({ turns, phase }) => turns === 2 && phase === "idle");
    assert.deepEqual([agent.last_assistant, states(agent)], ["echo: into the open turn (turn 2)", ["done", "done"]]);
    const stopped = await swarm.stop(id);
    assert.deepEqual([stopped.status, stopped.activity], ["done", "shutdown (offline)"]);
    const waiting = await swarm.send(id, "for the resume", { queue: true });
    assert.equal((await swarm.show(id)).messages.at(-1)?.id, waiting.message);
    await swarm.resume(id);
    await reaches(id, ({ turns, phase }) => turns === 3 && phase === "idle");
    assert.equal((await swarm.stop(id)).run, 2);
  });
});

describe("a two-way protocol", () => {
  test("asks, is answered, and is taken up in the middle by a new supervisor", async () => {
    const id = await spawn({ runner: "talker", task: "rm -rf dist" });
    const asked = await reaches(id, ({ phase }) => phase === "waiting");
    assert.deepEqual([asked.waiting?.[0]?.what, asked.agent_session], ["run rm -rf dist", "s-1"]);
    await swarm.close();
    swarm = await open();
    await swarm.answer(id, { request: "ask:p0", allow: true });
    await reaches(id, ({ phase, last_assistant }) => phase === "idle" && last_assistant === "did rm -rf dist");
    await swarm.send(id, "rm src");
    await reaches(id, ({ phase }) => phase === "waiting");
    await swarm.answer(id, { request: "ask:p1", allow: false });
    const agent = await reaches(id, ({ phase, turns }) => phase === "idle" && turns === 2);
    assert.deepEqual([agent.last_assistant, states(agent)], ["did not do rm src", ["done", "done"]]);
    const input = readFileSync(join(folder, "root/agents", id, "runs/000001/in"), "utf8")
      .trim()
      .split("\n");
    assert.equal(input.length, 5);
    assert.equal((await swarm.stop(id)).status, "done");
  });
});

describe("a run that left a process behind", () => {
  test("is over for who resumes or removes its agent as soon as a reader sees its end", async () => {
    const id = await spawn({ args: ["sh", "-c", "sleep 60 & echo $!"] });
    const exit = (run: number): string => join(folder, "root/agents", id, `runs/00000${run}/exit`);
    await until(() => existsSync(exit(1)), Boolean);
    await swarm.resume(id);
    await until(() => existsSync(exit(2)), Boolean);
    await swarm.remove(id);
    await assert.rejects(swarm.show(id), { code: "not_found" });
  });
});

describe("hooks", () => {
  test("see each event once, may edit a spawn or refuse it, and harm nobody when they throw", async () => {
    heard.events.length = 0;
    const id = await spawn({ args: ["sh", "-c", "echo one; echo two"] });
    const agent = await reaches(id, ({ phase }) => phase === "ended");
    assert.deepEqual(agent.labels, { seen: "yes" });
    assert.deepEqual(
      heard.events.flatMap((event) => (event.kind === "output" ? [event.text] : [])),
      ["one", "two"],
    );
    assert.deepEqual(
      heard.stops.filter((text) => text.startsWith(id)),
      [`${id} exit`],
    );
    heard.refuse = true;
    await assert.rejects(spawn({ args: ["true"] }), {
      code: "refused",
      message: /plugin test refused agent:spawn: not today/,
    });
    heard.refuse = false;
  });

  test("hear late what was written while nobody supervised, and nothing of it again", async () => {
    const id = await spawn({ args: ["sh", "-c", "echo early; sleep 0.3; echo late"] });
    await reaches(id, ({ tail }) => tail.includes("early"));
    await swarm.close();
    const end = join(folder, "root/agents", id, "runs/000001/exit");
    await until(() => existsSync(end), Boolean);
    heard.events.length = 0;
    swarm = await open();
    await reaches(id, ({ phase }) => phase === "ended");
    const texts = heard.events.flatMap((event) => (event.kind === "output" ? [`${event.text} ${event.late}`] : []));
    assert.deepEqual(texts, ["late true"]);
  });
});

describe("a root", () => {
  test("is held by one; another process joins over its socket", async () => {
    const other = await open();
    const { id } = await other.spawn({ task: "true", runner: "exec", dir: folder, args: ["true"] });
    await reaches(id, ({ phase }) => phase === "ended");
    await other.remove(id);
    await assert.rejects(swarm.show(id), { code: "not_found" });
    await other.close();
  });

  test("of zot is read, its live agents are looked up and never dialled, and every field survives a resume", async () => {
    const agents = join(folder, "zot", "agents");
    mkdirSync(join(agents, "alpha-1"), { recursive: true });
    const inbox = join(folder, "alpha.sock");
    let dialled = 0;
    const server: Server = createServer(() => (dialled += 1)).listen(inbox);
    const meta = {
      id: "alpha-1",
      task: "fix",
      dir: folder,
      started: "2026-01-01T00:00:00.123456789Z",
      inbox_path: inbox,
      event_log_path: "/elsewhere/events.jsonl",
      session_path: "x",
      session_id: "s9",
      branch: "kept",
      isolated: true,
    };
    writeFileSync(join(agents, "alpha-1", "meta.json"), JSON.stringify(meta));
    writeFileSync(
      join(agents, "alpha-1", "events.jsonl"),
      '{"type":"agent_ready","time":"2026-01-01T00:00:01Z"}\n{"type":"assistant_message","time":"2026-01-01T00:00:02Z","content":[{"type":"text","text":"hi"}]}\n',
    );
    const zot = await open("zot");
    await until(() => existsSync(inbox), Boolean);
    const [alive] = (await zot.list()).agents;
    assert.deepEqual([alive?.status, alive?.runner, alive?.last_assistant], ["running", "zot", "hi"]);
    const caller = callerOf({ ...env, ZOT_BIN: "/bin/echo" });
    await assert.rejects(zot.resume("alpha-1", {}, caller), { code: "state" });
    await assert.rejects(zot.stop("alpha-1"), /under another supervisor, which alone can end it/);
    await assert.rejects(zot.remove("alpha-1", { force: true }), /under another supervisor/);
    await assert.rejects(zot.send("alpha-1", "hello", {}, caller), /which alone can speak to it/);
    assert.equal(dialled, 0);
    await new Promise((done) => server.close(done));
    rmSync(inbox, { force: true });
    assert.equal((await zot.list()).agents[0]?.status, "detached");
    await zot.resume("alpha-1", {}, caller);
    await until(
      () => zot.show("alpha-1"),
      ({ phase }) => phase === "ended",
    );
    const after = JSON.parse(readFileSync(join(agents, "alpha-1", "meta.json"), "utf8")) as Record<string, unknown>;
    for (const key of ["id", "task", "dir", "started", "session_id", "branch", "isolated"] as const)
      assert.deepEqual(after[key], meta[key], key);
    await zot.close();
  });

  test("of zot that this swarm has resumed is spoken to and stopped as any other", async () => {
    const agent = join(folder, "resumed", "agents", "alpha-1");
    mkdirSync(agent, { recursive: true });
    const meta = { id: "alpha-1", task: "fix", dir: folder, inbox_path: join(folder, "resumed.sock") };
    writeFileSync(join(agent, "meta.json"), JSON.stringify(meta));
    writeFileSync(join(agent, "events.jsonl"), '{"type":"agent_ready","time":"2026-01-01T00:00:01Z"}\n');
    const zot = await open("resumed");
    const program = join(folder, "zot-program");
    const child = `exec "${resolve("node_modules/.bin/bun")}" "${resolve("test/fixtures/children/demo-agent.ts")}" "$@"`;
    writeFileSync(program, `#!/bin/sh\n${child}\n`, { mode: 0o755 });
    await zot.resume("alpha-1", {}, callerOf({ ...env, ZOT_BIN: program }));
    await zot.send("alpha-1", "hello");
    await until(
      () => zot.show("alpha-1"),
      ({ last_assistant, phase }) => last_assistant === "echo: hello (turn 1)" && phase === "idle",
    );
    const { status } = await zot.stop("alpha-1", { grace: 200 });
    assert.equal(status, "done");
    await zot.close();
  });
});
