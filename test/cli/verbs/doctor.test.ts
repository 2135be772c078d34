/** Each fault is planted for real, found without a supervisor or beside one, and mended. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
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
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import * as v from "valibot";
import { readChild, runPaths } from "../../../src/process/run-files.ts";
import { readRecord } from "../../../src/supervisor/start.ts";
import type { Finding } from "../../../src/supervisor/doctor/finding.ts";
import { endRemains } from "../../remains.ts";
import { until } from "../../sandbox.ts";
import { lives } from "../verbs.ts";
import { openCli } from "./harness.ts";

const cli = openCli();
const { box, root, skep, ok } = cli;
const findingSchema = v.strictObject({
  code: v.string(),
  message: v.string(),
  agent: v.optional(v.string()),
  path: v.optional(v.string()),
  note: v.optional(v.literal(true)),
  repair: v.optional(v.string()),
  done: v.optional(v.string()),
  failed: v.optional(v.string()),
});
type Found = v.InferOutput<typeof findingSchema>;
/** All but what the machine is: where a logout ends things, or there is no bash. */
async function doctor(code: number | undefined, ...flags: readonly string[]): Promise<readonly Found[]> {
  const ran = await skep(["doctor", "--json", ...flags]);
  if (code !== undefined) assert.equal(ran.code, code, ran.stdout + ran.stderr);
  const found = v.parse(v.array(findingSchema), JSON.parse(ran.stdout));
  return found.filter((one) => one.code !== "logout" && one.code !== "missing_tool");
}
const codesOf = (found: readonly Found[]): readonly string[] => found.map(({ code }) => code);
const folderOf = (id: string): string => join(root, "agents", id);
const killSupervisor = async (): Promise<void> => {
  const pid = readRecord(root)?.pid ?? 0;
  process.kill(pid, "SIGKILL");
  await until(
    () => lives(pid),
    (alive) => !alive,
  );
};
const ended = async (name: string, ...command: readonly string[]): Promise<string> => {
  const id = await ok("spawn", "-n", name, "--", ...(command.length === 0 ? ["true"] : command));
  await skep(["wait", id]);
  return id;
};
/** Finds this one fault, mends it, and finds nothing afterwards. */
async function mended(code: Finding["code"]): Promise<Found> {
  assert.deepEqual(codesOf(await doctor(1)), [code]);
  const [found] = await doctor(0, "--repair");
  assert.equal(found?.code, code);
  assert.ok(found.done, JSON.stringify(found));
  assert.deepEqual(codesOf(await doctor(0)), []);
  return found;
}
after(() => endRemains(root));
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
    await ok("rm", id);
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
    const { pid } = await cli.show(id);
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
