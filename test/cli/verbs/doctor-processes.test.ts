/** Processes and supervisors that are not as they should be: found without disturbing anybody, and set right. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { readChild, runPaths } from "../../../src/process/run-files.ts";
import { readRecord } from "../../../src/supervisor/start.ts";
import { endRemains } from "../../remains.ts";
import { until } from "../../sandbox.ts";
import { lives } from "../verbs.ts";
import { codesOf, openDoctor } from "./doctor.ts";
import { openCli } from "./harness.ts";

const cli = openCli();
const { box, root, skep, ok } = cli;
const { doctor, mended, ended, folderOf } = openDoctor(cli);
after(() => endRemains(root));
const killSupervisor = async (): Promise<void> => {
  const pid = readRecord(root)?.pid ?? 0;
  process.kill(pid, "SIGKILL");
  await until(
    () => lives(pid),
    (alive) => !alive,
  );
};

describe("processes", () => {
  test("that an ended run left behind are ended, and nobody else's", async () => {
    const id = await ended("left", "sh", "-c", "setsid sleep 1000 & echo $! > pid");
    const pid = Number(readFileSync(join(cli.work, "pid"), "utf8"));
    const bystander = spawn("sleep", ["1000"], {
      env: { ...process.env, SKEP_RUN: `${statSync(root).ino}/${id}/1`, SKEP_ROOT: "/elsewhere" },
    });
    after(() => bystander.kill("SIGKILL"));
    await until(
      () => doctor(undefined),
      (found) => found.some(({ code }) => code === "orphaned_process"),
    );
    const { done = "" } = await mended("orphaned_process");
    assert.match(done, new RegExp(`${pid}`));
    assert.deepEqual([lives(pid), bystander.exitCode, bystander.signalCode], [false, null, null]);
  });

  test("that live while nobody watches are taken over, and an end that nobody saw is recorded", async () => {
    const live = await ok("spawn", "-n", "live", "--", "sleep", "1000");
    const unseen = await ok("spawn", "-n", "unseen", "--", "sh", "-c", "sleep 1; exit 3");
    await killSupervisor();
    await until(
      () => cli.show(unseen),
      ({ status }) => status === "failed",
    );
    assert.deepEqual(codesOf(await doctor(1)), ["unwatched", "stale_socket"]);
    const found = await doctor(0, "--repair");
    assert.ok(
      found.every(({ done }) => done !== undefined),
      JSON.stringify(found),
    );
    await until(
      () => readFileSync(join(folderOf(unseen), "events.jsonl"), "utf8"),
      (text) => text.includes('"agent_stopped"'),
    );
    assert.deepEqual(await doctor(0), []);
    await ok("stop", live);
  });

  test("that are lost are told, with what can be done", async () => {
    const id = await ok("spawn", "-n", "lost", "--", "sleep", "1000");
    const child = await until(
      () => readChild(runPaths(folderOf(id), 1)),
      (found) => found !== undefined,
    );
    const claim = readFileSync(join(folderOf(id), "runs/000001/claim"), "utf8");
    process.kill(Number(claim.split(" ")[1]), "SIGKILL");
    assert.deepEqual(
      (await doctor(0)).map(({ code, agent }) => [code, agent]),
      [["orphaned_run", id]],
    );
    process.kill(child?.pid ?? 0, "SIGKILL");
    await until(
      () => cli.show(id),
      ({ status }) => status === "detached",
    );
    const [found] = await doctor(1, "--repair");
    assert.deepEqual([found?.code, found?.agent], ["lost_run", id]);
    assert.match(found?.message ?? "", /skep resume/);
    await ok("rm", "--force", id); // its supervisor calls it lost two seconds later than a reader
  });
});

describe("the supervisor", () => {
  test("of another version is replaced, and its agents go on", async () => {
    await ok("supervisor", "stop");
    const old = spawn(process.execPath, ["src/cli/main.ts", "supervisor", "run", "--root", root], {
      env: { ...process.env, ...box.env },
      stdio: "ignore",
    });
    after(() => old.kill("SIGKILL"));
    await until(
      () => skep(["supervisor"]),
      ({ code }) => code === 0,
    );
    const id = await ok("spawn", "-n", "across", "--", "sleep", "1000");
    const { pid } = await cli.becomes(id, (agent) => agent.pid !== undefined);
    await mended("supervisor_version");
    assert.equal((await cli.show(id)).pid, pid);
    assert.notEqual(readRecord(root)?.pid, old.pid);
    await ok("stop", id);
  });

  test("that does not answer is named, and left to a person", async () => {
    const { pid = 0, socket = "" } = readRecord(root) ?? {};
    process.kill(pid, "SIGSTOP");
    try {
      const found = await doctor(1, "--repair");
      assert.deepEqual(codesOf(found), ["supervisor_stuck"]);
      assert.match(found[0]?.message ?? "", new RegExp(`kill -9 ${pid}`));
      assert.ok(existsSync(socket));
    } finally {
      process.kill(pid, "SIGCONT");
    }
  });

  test("is not taken for one when something else answers at its socket", async () => {
    await ok("supervisor", "stop");
    const { socket = "" } = readRecord(root) ?? {};
    const other = createServer((connection) => connection.end("hello\n"));
    await new Promise<void>((done) => void other.listen(socket, done));
    try {
      await doctor(0);
    } finally {
      other.close();
    }
  });
});
