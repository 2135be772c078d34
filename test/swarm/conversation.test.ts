/** A resume goes on with the conversation that was asked for, or it fails and says why. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { SkepError } from "../../src/errors.ts";
import { openSwarm } from "../../src/supervisor/open-swarm.ts";
import type { Swarm } from "../../src/swarm/api.ts";
import type { Plugin } from "../../src/define-plugin.ts";
import type { Detail, Runner } from "../../src/types.ts";
import { until } from "../sandbox.ts";

let folder: string;
let swarm: Swarm;
/** Says the conversation it was given, or another one when its folder has the file `other`; then goes on working. */
const CHILD = `
const { existsSync } = require("node:fs");
const session = existsSync("other") ? "c-2" : process.argv[1];
const say = (value) => console.log(JSON.stringify({ session, ...value }));
say({ type: "begin" });
if (session === process.argv[1]) say({ type: "end" });
setInterval(() => say({ type: "tick" }), 50);
process.stdin.on("data", () => {}).on("end", () => process.exit(0));`;

const keeper: Runner = {
  name: "keeper",
  turns: "live",
  launch({ agent, resuming }) {
    if (existsSync(join(folder, "gone")))
      throw Object.assign(new Error("conversation c-1 is gone"), { hint: "spawn a new one" });
    const session = agent.agent_session ?? (resuming ? "lost" : "c-1");
    return { argv: ["node", "-e", CHILD, session], stdin: { kind: "open" }, agent_session: session };
  },
  deliver: (command) => (command.kind === "shutdown" ? { to: "close" } : { to: "refused", why: "it only tells" }),
};
const plugin: Plugin = {
  name: "keeper",
  version: "1.0.0",
  api: 1,
  runners: [keeper],
  handlers: [
    {
      name: "keeper",
      runner: "keeper",
      handle({ type, data }) {
        const session = { kind: "agent_session" as const, id: String(data["session"]) };
        return [
          session,
          ...(type === "begin"
            ? [{ kind: "turn_started" as const }]
            : type === "end"
              ? [{ kind: "turn_ended" as const }]
              : []),
        ];
      },
    },
  ],
};
const reaches = (id: string, holds: (agent: Detail) => boolean): Promise<Detail> => until(() => swarm.show(id), holds);
const touch = (name: string): void => writeFileSync(join(folder, name), "");

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "skep-conversation-"));
  const env = { ...process.env, XDG_RUNTIME_DIR: folder };
  swarm = await openSwarm({ root: join(folder, "root"), plugins: [plugin], env, warn: () => {} });
});
after(async () => {
  for (const { id, phase } of (await swarm.list()).agents) if (phase !== "ended") await swarm.stop(id, { grace: 200 });
  await swarm.close();
  rmSync(folder, { recursive: true, force: true });
});

test("an agent that goes on with another conversation is stopped, says why, and keeps the one that was asked for", async () => {
  const { id } = await swarm.spawn({ task: "go", runner: "keeper", dir: folder });
  await reaches(id, ({ phase }) => phase === "idle");
  await swarm.stop(id, { grace: 2_000 });
  touch("other");
  await swarm.resume(id);
  const agent = await reaches(id, ({ phase, run }) => phase === "ended" && run === 2);
  assert.deepEqual([agent.status, agent.agent_session, agent.runs.at(-1)?.exit?.reason], ["failed", "c-1", "failed"]);
  assert.match(agent.activity, /another conversation \(c-2\) than the one asked for \(c-1\)/);
  assert.equal(agent.last_error, agent.activity);
  const log = readFileSync(join(folder, "root/agents", id, "events.jsonl"), "utf8");
  assert.equal(log.match(/"type":"conversation_differs"/g)?.length, 1);
  rmSync(join(folder, "other"));
  await swarm.resume(id);
  const again = await reaches(id, ({ phase, run }) => phase === "idle" && run === 3);
  assert.equal(again.agent_session, "c-1");
});

test("a conversation that is gone refuses the resume with the next step, and makes no run", async () => {
  const { id } = await swarm.spawn({ task: "go", runner: "keeper", dir: folder });
  await reaches(id, ({ phase }) => phase === "idle");
  await swarm.stop(id, { grace: 2_000 });
  touch("gone");
  await assert.rejects(swarm.resume(id), (error) => {
    assert.ok(error instanceof SkepError);
    assert.deepEqual([error.code, error.hint], ["state", "spawn a new one"]);
    assert.match(error.message, /keeper cannot start it: conversation c-1 is gone/);
    return true;
  });
  rmSync(join(folder, "gone"));
  assert.equal((await swarm.show(id)).run, 1);
});
