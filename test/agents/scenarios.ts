/** What every agent is put through. A scenario throws what did not hold. */
import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Detail } from "../../src/types.ts";
import { until } from "../sandbox.ts";
import type { Bench } from "./bench.ts";

export interface Scenario {
  readonly name: string;
  readonly run: (bench: Bench) => Promise<void>;
  /** Why it is left out for this agent. */
  readonly skip?: (bench: Bench) => string | undefined;
}

const quiet = ({ phase }: Detail): boolean => phase === "idle" || phase === "ended";
const said = (users: number, last: string): string => `Done. users=${users} last="${last}"`;
/** Its last turn went well, and it waits for another or has ended well. */
const isWell = ({ phase, status }: Detail): boolean => phase === "idle" || (phase === "ended" && status === "done");
const cannotAsk = ({ agent }: Bench): string | undefined => (agent.asking === undefined ? "it cannot ask" : undefined);

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "first turn with a tool",
    async run(bench) {
      const id = await bench.spawn("say hi");
      const agent = await bench.becomes(id, quiet);
      assert.equal(agent.last_assistant?.trim(), said(1, "say hi"));
      assert.deepEqual([agent.turns, isWell(agent), agent.unknown_events], [1, true, undefined], JSON.stringify(agent));
      assert.ok((agent.usage?.output_tokens ?? 0) > 0, JSON.stringify(agent.usage));
      assert.notEqual(agent.agent_session, undefined);
      const log = await bench.ok("logs", "--events", id);
      assert.match(log, /echo hi/);
    },
  },
  {
    name: "chosen by itself",
    skip: ({ agent }) => (agent.chosen === true ? undefined : "another runner of its program is chosen"),
    async run(bench) {
      const ran = await bench.skep("spawn", "-w", ...bench.words("say hi", { runner: false }));
      assert.deepEqual([ran.code, ran.stdout.trim()], [0, said(1, "say hi")], ran.stderr);
    },
  },
  {
    name: "second turn",
    async run(bench) {
      const id = await bench.spawn("say hi");
      const first = await bench.becomes(id, quiet);
      assert.equal((await bench.ok("send", "-w", id, "and again")).trim(), said(2, "and again"));
      const agent = await bench.becomes(id, quiet);
      assert.deepEqual([agent.turns, agent.agent_session], [2, first.agent_session]);
      if (bench.agent.live) assert.deepEqual([agent.run, agent.pid], [1, first.pid]);
    },
  },
  {
    name: "cancel",
    async run(bench) {
      const id = await bench.spawn("say hi");
      const first = await bench.becomes(id, quiet);
      await bench.ok("send", id, "DRIP60 to be cancelled");
      await bench.heard("to be cancelled");
      await bench.becomes(id, ({ phase }) => phase === "working");
      await bench.ok("cancel", id);
      const cancelled = await bench.becomes(id, quiet);
      if (bench.agent.live) assert.deepEqual([cancelled.phase, cancelled.pid], ["idle", first.pid]);
      else assert.equal(cancelled.status, "killed");
      const answer = await bench.ok("send", "-w", id, "PLAIN after it");
      assert.match(answer, /^Done\. users=[23] last="(.*\s)?PLAIN after it"/s);
    },
  },
  {
    name: "supervisor killed",
    async run(bench) {
      const id = await bench.spawn("DRIP8 slowly");
      await bench.heard("DRIP8 slowly");
      const before = await bench.show(id);
      process.kill(bench.supervisor(), "SIGKILL");
      await bench.ok("wait", id);
      const agent = await bench.show(id);
      assert.match(agent.last_assistant ?? "", /^tick0 tick1 .*tick7/);
      assert.deepEqual([agent.run, agent.turns, isWell(agent)], [1, 1, true], JSON.stringify(agent));
      if (bench.agent.live) assert.equal(agent.pid, before.pid);
      assert.equal((await bench.ok("send", "-w", id, "PLAIN then")).trim(), said(2, "PLAIN then"));
    },
  },
  {
    name: "agent killed",
    async run(bench) {
      const id = await bench.spawn("say hi");
      const first = await bench.becomes(id, quiet);
      await bench.ok("send", id, "DRIP60 to be cut off");
      await bench.heard("to be cut off");
      // What was handed over and not begun, as far as skep can see, would be handed over again by itself.
      const begun = ({ pid, messages }: Detail): boolean => pid !== undefined && messages.at(-1)?.state === "delivered";
      const { pid } = await bench.becomes(id, begun);
      process.kill(pid ?? 0, "SIGKILL");
      const cut = await bench.becomes(id, ({ phase }) => phase === "ended");
      assert.equal(cut.status, "failed");
      await bench.ok("resume", id, "-m", "PLAIN go on");
      const agent = await bench.becomes(id, (one) => quiet(one) && one.run > cut.run);
      const [, users] = /^Done\. users=(\d) last="PLAIN go on"/.exec(agent.last_assistant ?? "") ?? [];
      const counts = bench.agent.remembered ?? [3];
      assert.ok(counts.includes(Number(users)), `the model counted ${users} user turns: ${agent.last_assistant}`);
      assert.equal(agent.agent_session, first.agent_session);
    },
  },
  {
    name: "permission allowed",
    skip: cannotAsk,
    async run(bench) {
      const file = join(bench.work, "out.txt");
      rmSync(file, { force: true });
      const id = await bench.spawn("WRITE it", bench.agent.asking);
      const asking = await bench.becomes(id, ({ phase }) => phase === "waiting");
      assert.match(asking.waiting?.[0]?.what ?? "", /out\.txt/);
      assert.equal((await bench.skep("wait", id)).code, 7);
      await bench.ok("approve", id);
      assert.ok(isWell(await bench.becomes(id, quiet)));
      assert.ok(existsSync(file), "what was allowed was not done");
    },
  },
  {
    name: "permission denied",
    skip: cannotAsk,
    async run(bench) {
      const file = join(bench.work, "out.txt");
      rmSync(file, { force: true });
      const id = await bench.spawn("WRITE it", bench.agent.asking);
      await bench.becomes(id, ({ phase }) => phase === "waiting");
      await bench.ok("deny", id, "-m", "not here");
      assert.equal((await bench.becomes(id, quiet)).turns, 1);
      assert.ok(!existsSync(file), "what was denied was done");
      const { flags = [], args = [] } = bench.agent.asking ?? {};
      const bold = await bench.spawn("WRITE it", { flags: [...flags, "--approve", "all"], args });
      assert.ok(isWell(await bench.becomes(bold, quiet)));
      assert.ok(existsSync(file), "--approve all did not allow it");
    },
  },
  {
    name: "401",
    async run(bench) {
      const ran = await bench.skep("spawn", "-w", ...bench.words("ERR401 please"));
      assert.equal(ran.code, 1, ran.stdout + ran.stderr);
      const [id = ""] = ran.stderr.split("\n");
      const agent = await bench.show(id);
      const why = /401|auth|key|login/i;
      assert.match(agent.last_error ?? "", why, JSON.stringify(agent));
      assert.match(ran.stderr, why);
    },
  },
  {
    name: "500, tried again",
    async run(bench) {
      const before = bench.model.asked.length;
      const ran = await bench.skep("spawn", "-w", ...bench.words("ERR500 please"));
      assert.equal(ran.code, 1, ran.stdout + ran.stderr);
      const asked = bench.model.asked.slice(before).filter(({ last }) => last.includes("ERR500"));
      assert.ok(asked.length > 1, `the model was asked ${asked.length} times`);
      const [id = ""] = ran.stderr.split("\n");
      const why = /500|server error|internal|high demand/i;
      assert.match((await bench.show(id)).last_error ?? "", why);
      assert.match(ran.stderr, why);
    },
  },
  {
    name: "twenty at once",
    async run(bench) {
      const tasks = Array.from({ length: 20 }, (_, at) => `task ${String(at + 1).padStart(2, "0")} of twenty`);
      const ids = await Promise.all(tasks.map((task) => bench.spawn(task)));
      await bench.ok("wait", "--timeout", "15m", ...ids);
      for (const [at, id] of ids.entries()) {
        const agent = await bench.show(id);
        assert.deepEqual([isWell(agent), agent.turns, agent.run], [true, 1, 1], JSON.stringify(agent));
        assert.equal(agent.last_assistant?.trim(), said(1, tasks[at] ?? ""));
      }
      const asked = bench.model.asked.filter(({ last, aside }) => aside !== true && last.includes("of twenty"));
      assert.ok(
        asked.every(({ users }) => users === 1),
        JSON.stringify(asked),
      );
    },
  },
  {
    name: "nothing left behind",
    async run(bench) {
      const id = await bench.spawn("SLEEP with a tool", bench.agent.unasked);
      await bench.heard("SLEEP with a tool");
      await until(() => bench.remains().some((line) => line.includes("tail -f /dev/null")), Boolean, 60_000);
      await bench.ok("stop", id, "--grace", "5s");
      await bench.rest();
      await until(
        () => bench.remains(),
        (left) => left.length === 0,
        20_000,
      );
    },
  },
];
