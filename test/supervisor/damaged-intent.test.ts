import assert from "node:assert/strict";
import { appendFileSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { isAlive } from "../../src/process/liveness.ts";
import { readChild, readClaim, type RunPaths, runPaths } from "../../src/process/run-files.ts";
import { reload } from "../../src/swarm/reload.ts";
import type { Problem, Snapshot } from "../../src/types.ts";
import { remainsOf } from "../remains.ts";
import { until } from "../sandbox.ts";
import { openSupervised, type Supervised } from "./supervised.ts";

let kept: Supervised;
before(async () => {
  kept = await openSupervised();
});
after(() => kept.close());

const DAMAGES: readonly (readonly [string, (path: string) => void])[] = [
  ["other bytes", (path) => writeFileSync(path, '{"run":\0\0\0\n')],
  ["a cut", (path) => truncateSync(path, readFileSync(path).length - 9)],
  ["its loss", (path) => rmSync(path)],
];
const runOf = (id: string): RunPaths => runPaths(kept.folderOf(id), 1);

/** What a reader is shown of one agent, and what is told to be wrong with it. */
async function seen(id: string): Promise<{ agent: Snapshot | undefined; problems: readonly Problem[] }> {
  const { agents, problems } = await reload(kept.tools);
  const { intent } = runOf(id);
  return { agent: agents.find((one) => one.id === id), problems: problems.filter(({ path }) => path === intent) };
}

async function killRun(paths: RunPaths): Promise<void> {
  const claim = readClaim(paths);
  const child = readChild(paths);
  assert.ok(claim !== undefined && claim !== "empty" && claim.by === "shim" && child !== undefined);
  process.kill(claim.shim.pid, "SIGKILL");
  process.kill(child.pid, "SIGKILL");
  await until(
    () => isAlive(claim.shim) || isAlive(child),
    (lives) => !lives,
  );
}

describe("an agent whose intent is damaged", () => {
  for (const [damage, harm] of DAMAGES) {
    test(`by ${damage} is listed while it runs, is not started a second time, and ends with a stop`, async () => {
      await kept.start();
      const id = await kept.spawn({ args: ["sh", "-c", "echo begun; sleep 600"] });
      await kept.reaches(id, ({ tail }) => tail.includes("begun"));
      await kept.kill();
      harm(runOf(id).intent);
      const { agent, problems } = await seen(id);
      assert.equal(agent?.status, "running");
      assert.equal(problems[0]?.code, "corrupt");
      await kept.start();
      await assert.rejects(kept.swarm.resume(id, { force: true }), /is running/);
      assert.equal((await kept.swarm.stop(id)).status, "killed");
      assert.deepEqual(remainsOf(kept.root, id), []);
      assert.equal((await kept.read(id)).snapshot.status, "killed");
    });

    test(`by ${damage} is no success though its exit is 0`, async () => {
      await kept.start();
      const id = await kept.spawn({ args: ["sh", "-c", "echo begun; sleep 0.2"] });
      await kept.kill();
      await until(() => existsSync(runOf(id).exit), Boolean);
      harm(runOf(id).intent);
      const { agent, problems } = await seen(id);
      assert.equal(agent?.activity, "lost (resume to continue)");
      assert.equal(problems.length, 1);
      await kept.start();
      const told = await kept.reaches(id, ({ ended }) => ended !== undefined);
      assert.equal(told.status, "detached");
    });

    test(`by ${damage} and of which nothing lives is started again by --force alone`, async () => {
      await kept.start();
      const id = await kept.spawn({ args: ["sh", "-c", "echo begun; sleep 600"] });
      await until(() => readChild(runOf(id)), Boolean);
      await kept.kill();
      await killRun(runOf(id));
      harm(runOf(id).intent);
      assert.equal((await seen(id)).agent?.status, "detached");
      await kept.start();
      await assert.rejects(kept.swarm.resume(id), /may be running/);
      assert.equal((await kept.swarm.resume(id, { force: true })).status, "running");
      const child = await until(() => readChild(runPaths(kept.folderOf(id), 2)), Boolean);
      await kept.swarm.stop(id);
      assert.equal(child !== undefined && isAlive(child), false);
    });
  }

  test("or whose stdin holds something else than was said is watched and can be stopped all the same", async () => {
    await kept.start();
    const id = await kept.spawn({ args: ["sh", "-c", "cat; sleep 600"], options: { stdin: true } });
    await kept.reaches(id, ({ status }) => status === "running");
    await kept.swarm.send(id, "a word that is said");
    const log = join(kept.folderOf(id), "events.jsonl");
    await until(
      () => readFileSync(log, "utf8"),
      (text) => text.includes('"message_done"'),
    );
    await kept.kill();
    // As if it was killed before it came to the message's end, on a disk that holds other words by now.
    const lines = readFileSync(log, "utf8").split("\n");
    writeFileSync(log, lines.filter((line) => !line.includes('"message_done"')).join("\n"));
    writeFileSync(runOf(id).in, "no word of it\n");
    appendFileSync(runOf(id).out, "more\n");
    await kept.start();
    await kept.reaches(id, ({ tail }) => tail.includes("more"));
    assert.equal((await kept.swarm.stop(id, { grace: 200 })).status, "killed");
  });

  test("or whose claim was lost with the power after its end was written down has ended all the same", async () => {
    await kept.start();
    const id = await kept.spawn({ args: ["sh", "-c", "exit 3"] });
    await kept.reaches(id, ({ status }) => status === "failed");
    await kept.kill();
    for (const file of ["claim", "child", "exit"] as const) rmSync(runOf(id)[file]);
    assert.equal((await kept.read(id)).snapshot.status, "failed");
    await kept.start();
    assert.equal((await kept.swarm.show(id)).status, "failed");
  });

  test("and of which nothing lives is over when it is stopped", async () => {
    await kept.start();
    const id = await kept.spawn({ args: ["sh", "-c", "echo begun; sleep 600"] });
    await until(() => readChild(runOf(id)), Boolean);
    await kept.kill();
    await killRun(runOf(id));
    rmSync(runOf(id).intent);
    await kept.start();
    assert.equal((await kept.swarm.stop(id)).status, "killed");
    assert.equal((await kept.read(id)).snapshot.status, "killed");
  });
});
