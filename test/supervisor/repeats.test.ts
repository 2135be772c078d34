import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { readIntent, runPaths } from "../../src/process/run-files.ts";
import { definedOf, openSupervised, type Supervised } from "./supervised.ts";

let kept: Supervised;
before(async () => {
  kept = await openSupervised();
});
after(() => kept.close());

const caller = (): { env: Record<string, string>; umask: number; by: string } => ({
  env: definedOf(kept.env),
  umask: 0o022,
  by: "test",
});

/** What a supervisor leaves that was killed right after it wrote a run down: its intent, and nobody who starts it. */
function writeDown(id: string, run: number, request?: string): void {
  const intent = readIntent(runPaths(kept.folderOf(id), 1));
  const paths = runPaths(kept.folderOf(id), run);
  mkdirSync(paths.dir, { recursive: true });
  writeFileSync(paths.intent, `${JSON.stringify({ ...intent, run, ...(request === undefined ? {} : { request }) })}\n`);
}

describe("a request that is repeated since its supervisor was killed", () => {
  test("starts the run of a resume that was written down and never started, once", async () => {
    await kept.start();
    const id = await kept.spawn({ args: ["true"] });
    await kept.reaches(id, ({ phase }) => phase === "ended");
    await kept.kill();
    writeDown(id, 2, "m-wish");
    await kept.start();
    for (let tries = 0; tries < 3; tries += 1) {
      await kept.swarm.resume(id, { request: "m-wish" }, caller());
      const { runs } = await kept.reaches(id, ({ phase }) => phase === "ended");
      assert.deepEqual(
        runs.map(({ exit }) => exit?.reason),
        ["exit", "failed_to_start", "exit"],
      );
    }
  });

  test("starts the run of a spawn that was written down and never started, also the second time", async () => {
    await kept.start();
    const request = { task: "do it", runner: "exec", dir: kept.folder, args: ["true"] };
    const { id } = await kept.swarm.spawn(request, {}, caller());
    await kept.reaches(id, ({ phase }) => phase === "ended");
    await kept.kill();
    // As if it had been cut off twice: nothing of it has run.
    rmSync(join(kept.folderOf(id), "events.jsonl"));
    for (const name of ["claim", "child", "out", "err", "exit"])
      rmSync(join(runPaths(kept.folderOf(id), 1).dir, name), { force: true });
    await kept.start();
    await kept.reaches(id, ({ status }) => status === "failed");
    await kept.kill();
    writeDown(id, 2);
    await kept.start();
    await kept.swarm.spawn(request, { id }, caller());
    const { status, messages } = await kept.reaches(
      id,
      ({ phase, status: now }) => phase === "ended" && now === "done",
    );
    assert.deepEqual([status, messages[0]?.state], ["done", "done"]);
  });

  test("says the text of a resume once, also when it was kept and handed over before the repetition came", async () => {
    await kept.start();
    const args = ["sh", "-c", 'while read -r line; do echo "got $line"; done'];
    const id = await kept.spawn({ args, options: { stdin: true } });
    await kept.reaches(id, ({ status }) => status === "running");
    await kept.swarm.stop(id, { grace: 2_000 });
    await kept.kill();
    const message = { id: "m-said", time: "2026-01-01T00:00:00Z", text: "once" };
    appendFileSync(join(kept.folderOf(id), "inbox.jsonl"), `${JSON.stringify(message)}\n`);
    await kept.start();
    for (let tries = 0; tries < 2; tries += 1)
      await kept.swarm.resume(id, { request: "m-said", text: "once" }, caller());
    const { tail, runs } = await kept.reaches(id, (agent) => agent.tail.includes("got once"));
    assert.equal(tail.filter((line) => line === "got once").length, 1);
    assert.equal(runs.length, 2);
  });

  test("hands a message over whose run was written down and never started", async () => {
    await kept.start();
    const id = await kept.spawn({ runner: "turner", task: "first" });
    await kept.reaches(id, ({ phase }) => phase === "ended");
    await kept.kill();
    const message = { id: "m-cut", text: "second" };
    appendFileSync(
      join(kept.folderOf(id), "inbox.jsonl"),
      `${JSON.stringify({ ...message, time: "2026-01-01T00:00:00Z" })}\n`,
    );
    const intent = readIntent(runPaths(kept.folderOf(id), 1));
    const paths = runPaths(kept.folderOf(id), 2);
    mkdirSync(paths.dir);
    writeFileSync(paths.intent, `${JSON.stringify({ ...intent, run: 2, resuming: true, message })}\n`);
    await kept.start();
    const { runs, messages } = await kept.reaches(
      id,
      ({ phase, messages: all }) => phase === "ended" && all.every(({ state }) => state === "done"),
    );
    assert.deepEqual(
      runs.map(({ exit }) => exit?.reason),
      ["exit", "failed_to_start", "exit"],
    );
    assert.equal(messages.at(-1)?.id, "m-cut");
  });
});
