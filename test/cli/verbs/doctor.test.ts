/** Files, records and the ground skep stands on: each fault is planted for real, found and mended. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { before, describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { readRecord } from "../../../src/supervisor/start.ts";
import { codesOf, openDoctor } from "./doctor.ts";
import { openCli } from "./harness.ts";

const cli = openCli();
const { box, root, skep, ok } = cli;
const { doctor, mended, ended, folderOf } = openDoctor(cli);
before(async () => {
  await ended("first");
  await ok("supervisor", "stop");
});

describe("a root that is sound", () => {
  test("has no findings, with and without a supervisor, and is not changed by the look", async () => {
    const look = (): string => spawnSync("find", [root, "-printf", "%p %m %s %T@\n"], { encoding: "utf8" }).stdout;
    const seen = look();
    assert.deepEqual(await doctor(0), []);
    assert.match(await ok("doctor"), /nothing is wrong|nothing is left to do/);
    assert.equal(look(), seen);
    assert.equal(existsSync(join(box.folder, "none")), false);
    assert.equal((await skep(["--root", join(box.folder, "none"), "doctor"])).code, 0);
    assert.equal(existsSync(join(box.folder, "none")), false, "and none is made");
    await ok("supervisor", "start");
    const pid = readRecord(root)?.pid;
    assert.deepEqual(await doctor(0, "--repair"), []);
    assert.equal(readRecord(root)?.pid, pid, "a live supervisor stays");
    await ok("supervisor", "stop");
  });
});

describe("files", () => {
  test("to which others have rights are closed", async () => {
    const id = await ended("open");
    await ok("supervisor", "stop");
    chmodSync(folderOf(id), 0o755);
    chmodSync(join(folderOf(id), "events.jsonl"), 0o644);
    assert.deepEqual(codesOf(await doctor(1)), ["permissions", "permissions"]);
    await doctor(0, "--repair");
    assert.deepEqual(
      [statSync(folderOf(id)).mode & 0o777, statSync(join(folderOf(id), "events.jsonl")).mode & 0o777],
      [0o700, 0o600],
    );
    assert.deepEqual(await doctor(0), []);
  });

  test("that are temporary and whose writer is gone are deleted; those of a live one stay", async () => {
    const [gone, live] = [4_194_303, process.pid].map((pid) => join(root, `supervisor.json.${pid}.tmp`));
    for (const path of [gone, live]) writeFileSync(path ?? "", "{", { mode: 0o600 });
    assert.equal((await mended("stale_file")).path, gone);
    assert.deepEqual([existsSync(gone ?? ""), existsSync(live ?? "")], [false, true]);
  });

  test("of a removal that was cut off, and an index that cannot be read, are deleted", async () => {
    mkdirSync(join(root, "trash", "half-aaaaaa"), { recursive: true, mode: 0o700 });
    await mended("stale_file");
    assert.equal(existsSync(join(root, "trash", "half-aaaaaa")), false);
    writeFileSync(join(root, "index"), "garbage\n", { mode: 0o600 });
    await mended("stale_file");
    assert.ok((await ok("ls", "-a")).includes("first"));
  });

  test("that have grown: what the supervisor says is compressed and kept, what an agent said is told", async () => {
    const log = join(root, "supervisor.log");
    truncateSync(log, 9 * 1024 * 1024);
    const held = readFileSync(log);
    const { done = "" } = await mended("large_log");
    const kept = done.slice(done.indexOf("/"));
    assert.deepEqual([gunzipSync(readFileSync(kept)).equals(held), statSync(log).size], [true, 0]);
    const id = await ended("large");
    await ok("supervisor", "stop");
    truncateSync(join(folderOf(id), "runs/000001/err"), 300 * 1024 * 1024);
    const found = (await doctor(0, "--repair")).filter(({ code }) => code === "large_log");
    assert.deepEqual(
      found.map(({ agent, note }) => [agent, note]),
      [[id, true]],
    );
    await ok("rm", id);
    await ok("supervisor", "stop");
  });

  test("that are links are left to a person", async () => {
    const path = join(root, "agents", "link-aaaaaa");
    symlinkSync(box.folder, path);
    const found = await doctor(1, "--repair");
    assert.deepEqual(
      found.map((one) => [one.code, one.path]),
      [["not_own_file", path]],
    );
    spawnSync("rm", [path]);
  });
});

describe("records", () => {
  test("that cannot be read are written anew from what the agent was started as, and the old one is kept", async () => {
    const id = await ok("spawn", "-n", "torn", "-l", "team=red", "--", "echo", "hi");
    await ok("wait", id);
    const was = await cli.show(id);
    await ok("supervisor", "stop");
    const meta = join(folderOf(id), "meta.json");
    writeFileSync(meta, "{ torn");
    const { done = "" } = await mended("corrupt_record");
    assert.equal(readFileSync(done.slice(done.indexOf("/")), "utf8"), "{ torn");
    const { task, args, labels, runner, status, runs } = await cli.show(id);
    assert.deepEqual(
      { task, args, labels, runner, status, runs },
      { task: was.task, args: was.args, labels: was.labels, runner: was.runner, status: was.status, runs: was.runs },
    );
    spawnSync("rm", [meta]);
    await mended("corrupt_record");
    await ok("resume", id);
    await ok("wait", id);
    await ok("supervisor", "stop");
  });

  test("are left alone beside a live supervisor, and where no run says what they held", async () => {
    const id = await ended("beside");
    writeFileSync(join(folderOf(id), "meta.json"), "{");
    const [found] = await doctor(1, "--repair");
    assert.match(found?.failed ?? "", /a supervisor runs, and is not disturbed: skep supervisor stop/);
    await ok("supervisor", "stop");
    await mended("corrupt_record");
    mkdirSync(join(root, "agents", "none-aaaaaa"), { mode: 0o700 });
    writeFileSync(join(root, "agents", "none-aaaaaa", "meta.json"), "[]", { mode: 0o600 });
    const [left] = await doctor(1, "--repair");
    assert.match(left?.message ?? "", /mend it by hand/);
    spawnSync("rm", ["-r", join(root, "agents", "none-aaaaaa")]);
  });

  test("of a run that are damaged, and lines of a log that are none, are told", async () => {
    const id = await ended("lines");
    await ok("supervisor", "stop");
    const log = join(folderOf(id), "events.jsonl");
    writeFileSync(log, `not json\n${readFileSync(log, "utf8")}`);
    writeFileSync(join(folderOf(id), "runs/000001/intent.json"), "{}\n");
    const found = (await doctor(1)).filter(({ agent }) => agent === id);
    assert.deepEqual(codesOf(found).toSorted(), ["corrupt_record", "damaged_log"]);
    await ok("rm", "--force", id);
    await ok("supervisor", "stop");
  });
});

describe("what skep stands on", () => {
  const strace = spawnSync("strace", ["-V"]).status === 0;
  test(
    "a file system without flock is told, and refused by the supervisor",
    { skip: strace ? false : "skipped: strace" },
    () => {
      const without = (
        ...words: readonly string[]
      ): { readonly status: number | null; readonly stdout: string; readonly stderr: string } =>
        spawnSync(
          "strace",
          ["-f", "-qq", "-o", "/dev/null", "-e", "inject=flock:error=ENOLCK", resolve("dist/skep"), ...words],
          {
            env: { ...box.env, SKEP_ROOT: join(box.folder, "unlocked") },
            encoding: "utf8",
          },
        );
      mkdirSync(join(box.folder, "unlocked"), { mode: 0o700 });
      const told = without("doctor", "--json");
      assert.equal(told.status, 1, told.stderr);
      assert.match(told.stdout, /"no_flock"/);
      assert.match(without("supervisor", "start").stderr, /cannot lock/);
    },
  );

  test("findings are told to people too, one line each", async () => {
    writeFileSync(join(root, "index.4194303.tmp"), "", { mode: 0o600 });
    const told = await skep(["doctor"]);
    assert.equal(told.code, 1);
    assert.match(told.stdout, /^stale_file: .*index\.4194303\.tmp: .*\n {2}--repair: delete it/m);
    assert.match((await skep(["doctor", "--repair"])).stdout, /^ {2}done: deleted$/m);
    assert.equal(readdirSync(root).includes("index.4194303.tmp"), false);
  });
});
