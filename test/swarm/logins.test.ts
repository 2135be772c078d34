/** Agents that share one login start one after the other, and one whose login fails holds the others back. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import type { Plugin } from "../../src/define-plugin.ts";
import { SkepError } from "../../src/errors.ts";
import { openSwarm } from "../../src/supervisor/open-swarm.ts";
import type { Swarm } from "../../src/swarm/api.ts";
import type { AgentEvent, Detail, Runner } from "../../src/types.ts";
import { until } from "../sandbox.ts";

let folder: string;
let swarm: Swarm;
/** Says its first word when the file `go` is there, then whether it is logged in: not while there is a file `out`. */
const CHILD = `
const { existsSync } = require("node:fs");
const wait = setInterval(() => {
  if (!existsSync("go")) return;
  clearInterval(wait);
  console.log('{"type":"begin"}\\n{"type":"' + (existsSync("out") ? "denied" : "end") + '"}');
}, 5);
process.stdin.on("data", () => {}).on("end", () => process.exit(0));`;
const MEANING: Readonly<Record<string, readonly AgentEvent[]>> = {
  begin: [{ kind: "turn_started" }],
  end: [{ kind: "turn_ended", answer: "done" }],
  denied: [
    { kind: "error", level: "terminal", message: "please log in", login: true },
    { kind: "turn_ended", error: "please log in" },
  ],
};
const member: Runner = {
  name: "member",
  turns: "live",
  accepts: ["provider"],
  launch: ({ agent }) => ({
    argv: ["node", "-e", CHILD],
    stdin: { kind: "open" },
    ...(agent.provider === "none" ? {} : { login: agent.provider ?? "" }),
  }),
  deliver: (command) => (command.kind === "shutdown" ? { to: "close" } : { to: "refused", why: "it only tells" }),
};
const plugin: Plugin = {
  name: "member",
  version: "1.0.0",
  api: 1,
  runners: [member],
  handlers: [{ name: "member", runner: "member", handle: ({ type }) => MEANING[type] }],
};
const open = (): Promise<Swarm> => {
  const env = { ...process.env, XDG_RUNTIME_DIR: folder };
  return openSwarm({ root: join(folder, "root"), plugins: [plugin], env, warn: () => {} });
};
let shared = 0; // each test has a login of its own, which the others' failures do not touch
const spawn = async (provider = `shared ${shared}`): Promise<string> => {
  const request = { task: "go", runner: "member", dir: folder, provider };
  return (await swarm.spawn(request)).id;
};
const reaches = (id: string, holds: (agent: Detail) => boolean): Promise<Detail> => until(() => swarm.show(id), holds);
const idle = ({ phase, last_error }: Detail): boolean => phase === "idle" && last_error === undefined;
const failed = ({ phase, last_error }: Detail): boolean => phase === "idle" && last_error !== undefined;
const isHeld = ({ phase, activity }: Detail): boolean => phase === "waiting" && activity.startsWith("held back");
const put = (name: string): void => writeFileSync(join(folder, name), "");
const drop = (name: string): void => rmSync(join(folder, name), { force: true });
const stopAll = async (): Promise<void> => {
  for (const { id } of (await swarm.list()).agents) await swarm.stop(id, { grace: 500 });
};

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "skep-logins-"));
  swarm = await open();
});
beforeEach(async () => {
  shared += 1;
  await stopAll();
  for (const { id } of (await swarm.list()).agents) await swarm.remove(id);
  put("go");
  drop("out");
});
after(async () => {
  await stopAll();
  await swarm.close();
  rmSync(folder, { recursive: true, force: true });
});

test("the next one starts after the first event of the former, and others do not wait for them", async () => {
  drop("go");
  const first = await spawn();
  const second = spawn();
  assert.equal(await Promise.race([second, spawn("other").then(() => "other")]), "other");
  assert.equal(await Promise.race([second, spawn("none").then(() => "none")]), "none");
  assert.equal((await swarm.list()).agents.length, 3);
  put("go");
  await reaches(first, idle);
  await reaches(await second, idle);
});

test("one that says nothing holds nobody up for more than five seconds", async () => {
  drop("go");
  await spawn();
  const second = await spawn();
  assert.equal((await swarm.show(second)).status, "running");
  put("go");
});

test("one that fails on its login holds the others back, visibly, until a user resumes one", async () => {
  put("out");
  const first = await spawn();
  await reaches(first, failed);
  const [second, third, other] = [await spawn(), await spawn(), await spawn("other")];
  const held = await reaches(second, isHeld);
  assert.deepEqual([held.status, held.run, held.messages.map(({ state }) => state)], ["pending", 0, ["queued"]]);
  assert.match(held.activity, new RegExp(`login failed: ${first}: please log in`));
  await reaches(third, isHeld);
  await reaches(other, failed); // a login of its own
  drop("out");
  await swarm.resume(second);
  for (const id of [second, third]) {
    const agent = await reaches(id, idle);
    assert.deepEqual([agent.run, agent.turns, agent.messages.map(({ state }) => state)], [1, 1, ["done"]]);
  }
});

test("a resume that fails again holds the others back again", async () => {
  put("out");
  await reaches(await spawn(), failed);
  const [second, third] = [await spawn(), await spawn()];
  await swarm.resume(second);
  await reaches(second, failed);
  const agent = await reaches(third, (one) => isHeld(one) && one.activity.includes(second));
  assert.equal(agent.run, 0);
});

test("those who wait for their turn when the login fails are held back too", async () => {
  put("out");
  drop("go");
  const first = await spawn();
  const others = [spawn(), spawn(), spawn()];
  put("go");
  await reaches(first, failed);
  const ids = await Promise.all(others);
  await reaches(ids[2] ?? "", isHeld);
});

test("a stop of one that is held back keeps it from starting; a resume starts it with its task", async () => {
  put("out");
  await reaches(await spawn(), failed);
  const held = await spawn();
  await reaches(held, isHeld);
  const stopped = await swarm.stop(held);
  assert.deepEqual([stopped.status, stopped.phase], ["killed", "ended"]);
  drop("out");
  await swarm.resume(held);
  const agent = await reaches(held, idle);
  assert.deepEqual([agent.turns, agent.messages.map(({ state }) => state)], [1, ["done"]]);
});

test("a new supervisor lets them try again, and starts them with their task", async () => {
  put("out");
  await reaches(await spawn(), failed);
  const held = [await spawn(), await spawn()];
  for (const id of held) await reaches(id, isHeld);
  await swarm.close();
  drop("out");
  swarm = await open();
  for (const id of held) {
    const agent = await reaches(id, idle);
    assert.deepEqual([agent.run, agent.status, agent.messages.map(({ state }) => state)], [1, "running", ["done"]]);
  }
});

test("a call that waits for its turn when the swarm is closed is told so, and leaves no agent", async () => {
  drop("go");
  await spawn();
  const second = spawn();
  const refused = assert.rejects(second, (error) => error instanceof SkepError && error.code === "unreachable");
  await swarm.close();
  await refused;
  swarm = await open();
  assert.equal((await swarm.list()).agents.length, 1);
  put("go");
});
