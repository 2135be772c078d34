import assert from "node:assert/strict";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startShim } from "../../src/process/launch.ts";
import { isAlive } from "../../src/process/liveness.ts";
import { readChild, readClaim, readFeed, runPaths, type RunPaths } from "../../src/process/run-files.ts";
import type { Snapshot } from "../../src/types.ts";
import { remainsOf } from "../remains.ts";
import { until } from "../sandbox.ts";
import { openSupervised, type Supervised } from "./supervised.ts";

let kept: Supervised;
let count = 0;
before(async () => {
  kept = await openSupervised();
});
after(() => kept.close());

const runOf = (id: string): RunPaths => runPaths(kept.folderOf(id), 1);
const freshPath = (): string => join(kept.folder, `gate-${(count += 1)}`);
const waitsFor = (gate: string, then: string): string[] => [
  "sh",
  "-c",
  `echo begun; until [ -e ${gate} ]; do sleep 0.01; done; ${then}`,
];
const begun = (id: string): Promise<unknown> => kept.reaches(id, ({ tail }) => tail.includes("begun"));
const endsUnseen = (id: string): Promise<unknown> => until(() => existsSync(runOf(id).exit), Boolean);

/** Names, sizes and times of all that is kept of an agent. */
const traceOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => {
    const { size, mtimeMs, ino } = statSync(join(folder, name));
    return `${name} ${size} ${mtimeMs} ${ino}`;
  });

/** All that does not depend on when somebody looked. */
const timeless = ({ updated: _updated, ended: _ended, ...rest }: Snapshot): unknown => rest;

describe("a new supervisor", () => {
  test("takes in what was written and how it ended while nobody watched, just as a reader saw it before", async () => {
    await kept.start();
    const cases = [
      { end: "exit 0", status: "done", code: 0 },
      { end: "echo bad >&2; exit 3", status: "failed", code: 3 },
      { end: "printf 'no newline'; kill -9 $$", status: "failed", code: 137 },
    ];
    const gate = freshPath();
    const ids: string[] = [];
    for (const { end } of cases) ids.push(await kept.spawn({ args: waitsFor(gate, `echo late; ${end}`) }));
    const talking = await kept.spawn({ runner: "demo", task: `wait-file:${gate} tool` });
    for (const id of ids) await begun(id);
    await kept.reaches(talking, ({ activity }) => activity === "thinking");
    await kept.kill();
    writeFileSync(gate, "");
    for (const id of ids) await endsUnseen(id);
    const unseen = await until(
      () => kept.read(talking),
      ({ snapshot }) => snapshot.phase === "idle",
    );
    const before = traceOf(kept.root);
    const read = await Promise.all(ids.map(async (id) => (await kept.read(id)).snapshot));
    assert.deepEqual(traceOf(kept.root), before);
    await kept.start();
    for (const [at, { status, code }] of cases.entries()) {
      const {
        runs: _runs,
        messages: _messages,
        ...live
      } = await kept.reaches(ids[at] ?? "", ({ phase }) => phase === "ended");
      assert.deepEqual([live.status, live.exit_code, live.tail.includes("late")], [status, code, true]);
      assert.deepEqual(timeless(live), timeless(read[at] as Snapshot));
    }
    const { runs, messages, ...live } = await kept.reaches(talking, ({ turns }) => turns === 1);
    assert.deepEqual(timeless(live), timeless(unseen.snapshot));
    assert.deepEqual([live.turns, live.tail, runs.length, messages[0]?.state], [1, unseen.snapshot.tail, 1, "done"]);
  });

  test("goes on with a run that is alive, and with a stop in the middle of its grace", async () => {
    await kept.start();
    const gate = freshPath();
    const asked = freshPath();
    const lives = await kept.spawn({ args: waitsFor(gate, "echo on") });
    const slow = await kept.spawn({
      args: [
        "sh",
        "-c",
        `trap 'echo x >>${asked}' TERM; echo begun; until [ -e ${gate} ]; do sleep 0.01; done; exit 0`,
      ],
    });
    await begun(lives);
    await begun(slow);
    const { pid } = await kept.swarm.show(lives);
    const stopping = kept.swarm.stop(slow, { grace: 60_000, by: "ann" });
    await until(() => existsSync(asked), Boolean);
    await kept.kill();
    await kept.start();
    await until(
      () => readFileSync(asked, "utf8").length,
      (length) => length >= 4,
    ); // the new one asked again
    const adopted = await kept.swarm.show(lives);
    assert.deepEqual([adopted.status, adopted.pid, adopted.run], ["running", pid, 1]);
    writeFileSync(gate, "");
    const stopped = await stopping;
    assert.deepEqual([stopped.status, stopped.activity], ["killed", "cancelled (offline)"]);
    assert.equal((await kept.reaches(lives, ({ phase }) => phase === "ended")).status, "done");
  });

  test("gives up a run that nobody claimed, which then never starts", async () => {
    await kept.start();
    const model = await kept.spawn({ args: ["true"] });
    await kept.reaches(model, ({ phase }) => phase === "ended");
    await kept.kill();
    const id = "cut-off-000001";
    mkdirSync(runOf(id).dir, { recursive: true });
    const meta = JSON.parse(readFileSync(join(kept.folderOf(model), "meta.json"), "utf8")) as object;
    writeFileSync(join(kept.folderOf(id), "meta.json"), JSON.stringify({ ...meta, id }));
    writeFileSync(runOf(id).intent, readFileSync(runOf(model).intent));
    const bare = "cut-off-000002"; // not even its run was written down
    mkdirSync(kept.folderOf(bare));
    writeFileSync(join(kept.folderOf(bare), "meta.json"), JSON.stringify({ ...meta, id: bare }));
    assert.deepEqual(await Promise.all([id, bare].map(async (one) => (await kept.read(one)).snapshot.status)), [
      "pending",
      "pending",
    ]);
    await kept.start();
    const given = await kept.reaches(id, ({ phase }) => phase === "ended");
    assert.deepEqual([given.status, given.runs[0]?.exit?.reason], ["failed", "failed_to_start"]);
    const cut = await kept.reaches(bare, ({ phase }) => phase === "ended");
    assert.deepEqual([cut.status, cut.activity], ["failed", "its spawn was cut off"]);
    const shim = await startShim({
      paths: runOf(id),
      argv: ["echo", "it ran"],
      cwd: kept.folder,
      env: kept.env,
      umask: 0o022,
      stdin: { kind: "none" },
      id,
      root: kept.root,
      mark: "test/none/1",
    });
    await until(
      () => shim.exitCode,
      (code) => code !== null,
    );
    assert.deepEqual([shim.exitCode, existsSync(runOf(id).out)], [75, false]);
    for (const one of [id, bare]) {
      await kept.swarm.resume(one);
      const again = await kept.reaches(one, ({ phase, status }) => phase === "ended" && status === "done");
      assert.equal(again.messages[0]?.state, "done");
    }
  });

  test("calls a run lost whose shim and child were killed, and resumes its conversation", async () => {
    await kept.start();
    const id = await kept.spawn({ runner: "demo", task: "one" });
    await kept.reaches(id, ({ phase }) => phase === "idle");
    const fed = await kept.spawn({ args: ["cat"], options: { stdin: true } });
    await until(
      () => [readFeed(runOf(fed)), readChild(runOf(fed))],
      (written) => !written.includes(undefined),
    );
    await kept.kill();
    for (const one of [id, fed]) {
      const [claim, child] = [readClaim(runOf(one)), readChild(runOf(one))];
      assert.ok(claim !== undefined && claim !== "empty" && claim.by === "shim" && child !== undefined);
      process.kill(claim.shim.pid, "SIGKILL");
      process.kill(child.pid, "SIGKILL");
    }
    await until(
      () => kept.read(id),
      ({ snapshot }) => snapshot.status === "detached",
    );
    await kept.start();
    for (const one of [id, fed]) {
      const lost = await kept.reaches(one, ({ runs }) => runs[0]?.exit !== undefined);
      assert.deepEqual(
        [lost.status, lost.activity, lost.runs[0]?.exit?.reason, lost.exit_code],
        ["detached", "lost (resume to continue)", "lost", undefined],
      );
    }
    await until(
      () => remainsOf(kept.root, fed),
      (found) => found.length === 0,
    );
    await kept.swarm.resume(id);
    await kept.swarm.send(id, "two");
    const again = await kept.reaches(id, ({ turns, phase }) => turns === 2 && phase === "idle");
    assert.equal(again.last_assistant, "echo: two (turn 2)");
    await kept.swarm.stop(id);
  });

  test("calls a run of another boot lost, never done, and signals nobody", async () => {
    await kept.start();
    const gate = freshPath();
    const id = await kept.spawn({ args: waitsFor(gate, "exit 0") });
    await begun(id);
    await kept.kill();
    const intent = JSON.parse(readFileSync(runOf(id).intent, "utf8")) as object;
    writeFileSync(runOf(id).intent, `${JSON.stringify({ ...intent, boot: "another" })}\n`);
    const child = readChild(runOf(id));
    assert.equal((await kept.read(id)).snapshot.status, "detached");
    await kept.start();
    const lost = await kept.reaches(id, ({ runs }) => runs[0]?.exit !== undefined);
    assert.deepEqual([lost.status, lost.runs[0]?.exit?.reason], ["detached", "lost"]);
    assert.ok(child !== undefined && isAlive(child));
    process.kill(child.pid, "SIGKILL");
  });

  test("delivers a message that was kept and not yet told of in the log", async () => {
    await kept.start();
    const id = await kept.spawn({ runner: "turner", task: "one" });
    await kept.reaches(id, ({ phase }) => phase === "ended");
    await kept.kill();
    appendFileSync(
      join(kept.folderOf(id), "inbox.jsonl"),
      '{"id":"m-cut","time":"2026-01-01T00:00:00Z","text":"two","by":"ann"}\n',
    );
    await kept.start();
    assert.deepEqual(await kept.swarm.send(id, "two", { message: "m-cut" }), { message: "m-cut" });
    const agent = await kept.reaches(id, ({ turns, phase }) => turns === 2 && phase === "ended");
    assert.deepEqual([agent.last_assistant, agent.run], ["did two", 2]);
  });
});
