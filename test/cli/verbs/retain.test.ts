/** What ended runs wrote, packed or dropped by the config: every answer but that of `logs --raw` stays the same. */
import assert from "node:assert/strict";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import * as v from "valibot";
import { until } from "../../sandbox.ts";
import { age } from "./archived.ts";
import { openCli } from "./harness.ts";

const cli = openCli();
const { root, work, skep, ok, fails, show } = cli;
const folderOf = (id: string): string => join(root, "agents", id);
const fileOf = (id: string, name: string, run = 1): string => join(folderOf(id), "runs", `00000${run}`, name);

/** Stops the supervisor, lets agents have ended so many hours ago, and starts one that does this with what runs wrote. */
async function retain(retain: object, hours: number, ...ids: readonly string[]): Promise<void> {
  await skep(["supervisor", "stop"]); // unless none runs
  for (const id of ids) age(folderOf(id), hours);
  mkdirSync(work, { recursive: true });
  const config = join(work, "config.json");
  writeFileSync(config, JSON.stringify({ retain }));
  await ok("--config", config, "supervisor", "start");
}
const gone = (path: string): Promise<boolean> =>
  until(
    async () => !existsSync(path),
    (is) => is,
  );
const told = async (id: string): Promise<readonly unknown[]> => [
  await show(id),
  await ok("logs", id),
  await ok("logs", "--events", id),
  await ok("logs", "-n", "3", id),
  await ok("ls", "--json", "-a"),
];

describe("retain in the config", () => {
  test("packs what ended runs wrote, then drops it, and only logs --raw tells that it is gone", async () => {
    const old = await ok(
      "spawn",
      "-n",
      "old",
      "--stdin",
      "--",
      "sh",
      "-c",
      "read x; echo $x; echo ' '; seq 20000; echo e >&2",
    );
    await ok("send", old, "said");
    await skep(["wait", "--exit", old]);
    const written = `said\n \n${Array.from({ length: 20_000 }, (_, at) => `${at + 1}\n`).join("")}`;
    const young = await ok("spawn", "-n", "a-young", "--", "echo", "young"); // looked at before the old one
    await ok("wait", "--exit", young);
    const live = await ok("spawn", "-n", "a-live", "--", "sh", "-c", "echo live; exec sleep 600");
    await cli.becomes(live, ({ tail }) => tail.includes("live"));

    await retain({}, 9, old, live);
    const before = await told(old);
    assert.equal(await ok("logs", "--raw", old), written.trimEnd());
    await retain({ run_files: "compress" }, 0);
    for (const name of ["in", "err", "out"]) await gone(fileOf(old, name));
    assert.equal(gunzipSync(readFileSync(fileOf(old, "out.gz"))).toString(), written);
    assert.equal(gunzipSync(readFileSync(fileOf(old, "in.gz"))).toString(), "said\n");
    assert.equal(statSync(fileOf(old, "out.gz")).mode & 0o777, 0o600);
    assert.deepEqual(await told(old), before);
    assert.equal((await skep(["logs", "--raw", old])).stdout, written);
    for (const id of [young, live]) assert.ok(statSync(fileOf(id, "out")).size > 0, "it is young, or lives");
    await ok("archive", old);
    await ok("unarchive", old);
    assert.deepEqual(await told(old), before);

    // A kill between the packed file's rename and the unlink leaves both.
    writeFileSync(fileOf(old, "out"), written);
    await retain({ run_files: "drop" }, 0);
    for (const name of ["in", "err", "out", "in.gz", "err.gz", "out.gz"]) await gone(fileOf(old, name));
    assert.deepEqual(await told(old), before);
    assert.match(
      await fails(4, "logs", "--raw", old),
      /what old-\w+ wrote was dropped, as "retain" says \(skep logs old-\w+ has its lines\)/,
    );
    for (const id of [young, live]) assert.ok(statSync(fileOf(id, "out")).size > 0, "it is young, or lives");
    await ok("resume", old);
    await ok("send", old, "again");
    await ok("wait", "--exit", old);
    assert.equal((await skep(["logs", "--raw", old])).stdout, written.replace("said", "again"));
    await ok("stop", "--grace", "100ms", live);
  });

  test("leaves what the log does not have: lines too long for it, and what came after a run's end", async () => {
    const line = "x".repeat(1_500_000);
    const long = await ok(
      "spawn",
      "-n",
      "long",
      "--",
      "sh",
      "-c",
      `head -c ${line.length} /dev/zero | tr '\\0' x; echo; echo e >&2`,
    );
    const more = await ok("spawn", "-n", "more", "--", "sh", "-c", "echo first; echo e >&2");
    for (const id of [long, more]) await skep(["wait", "--exit", id]);
    await ok("resume", more);
    await skep(["wait", "--exit", more]);
    await retain({}, 9, long, more);
    appendFileSync(fileOf(more, "out"), "after its end\n");
    const before = [await show(long), await show(more), await ok("logs", long)];
    await retain({ run_files: "drop" }, 0);
    await gone(fileOf(long, "err"));
    await gone(fileOf(more, "out", 2));
    assert.equal(statSync(fileOf(long, "out")).size, line.length + 1);
    assert.equal(readFileSync(fileOf(more, "out"), "utf8"), "first\nafter its end\n");
    assert.deepEqual([await show(long), await show(more), await ok("logs", long)], before);
  });
});

describe("retain.max_log_bytes", () => {
  test("splits the log of a live agent, and every verb reads the segments as one", async () => {
    const config = join(work, "split.json");
    writeFileSync(config, JSON.stringify({ retain: { max_log_bytes: 65_536 } }));
    await skep(["supervisor", "stop"]);
    await ok("--config", config, "supervisor", "start");
    const id = await ok(
      "spawn",
      "-n",
      "split",
      "--stdin",
      "--",
      "sh",
      "-c",
      "seq 6000; while read x; do echo got $x; done",
    );
    const segments = join(folderOf(id), "events");
    const logged = (text: string) => cli.becomes(id, ({ tail }) => tail.includes(text));
    await logged("6000");
    const follower = cli.shell(`skep logs -f ${id}`);
    await ok("send", id, "one");
    await logged("got one");
    assert.ok(readdirSync(segments).length > 3);
    for (const line of readFileSync(join(folderOf(id), "events.jsonl"), "utf8")
      .trimEnd()
      .split("\n"))
      assert.match(line, /^\{"type":.*\}$/, "another reader of the format finds whole lines");

    // Killed, and gone on with by a supervisor that does not split.
    const { pid } = v.parse(v.object({ pid: v.number() }), JSON.parse(await ok("supervisor", "--json")));
    process.kill(pid, "SIGKILL");
    linkSync(join(folderOf(id), "events.jsonl"), join(segments, "999999.jsonl")); // a split that was cut off there
    const cut = await told(id);
    await ok("send", id, "two");
    await logged("got two");
    assert.ok(!existsSync(join(segments, "999999.jsonl")));
    assert.notDeepEqual(await told(id), cut);
    await ok("stop", "--grace", "100ms", id);
    const numbers = Array.from({ length: 6_000 }, (_, at) => String(at + 1));
    const text = await ok("logs", id);
    assert.deepEqual(
      text.split("\n").filter((line) => /^\d+$/.test(line)),
      numbers,
    );
    assert.deepEqual(
      (await follower).stdout.split("\n").filter((line) => /^\d+$/.test(line)),
      numbers,
    );
    assert.match(text, /got one\n[^]*got two/);

    // The index current, stale, and none.
    const answers = [await told(id)];
    await skep(["supervisor", "stop"]);
    const index = join(root, "index");
    const current = readFileSync(index);
    answers.push(await told(id));
    writeFileSync(index, current.toString("latin1").replace("skep-index 2", "skep-index 9"), "latin1");
    answers.push(await told(id));
    rmSync(index);
    answers.push(await told(id));
    writeFileSync(index, current, { mode: 0o600 });
    answers.push(await told(id));
    for (const answer of answers) assert.deepEqual(answer, answers[0]);

    const events = await ok("logs", "--events", id);
    await ok("doctor");
    chmodSync(join(segments, "000001.jsonl"), 0o644);
    assert.match((await skep(["doctor", "--repair"])).stdout, /events\/000001\.jsonl/);
    assert.equal(statSync(join(segments, "000001.jsonl")).mode & 0o777, 0o600);
    await skep(["supervisor", "stop"]);
    for (const log of [...readdirSync(segments).map((name) => join("events", name)), "events.jsonl"])
      age(folderOf(id), 9, log);
    const aged = await told(id);
    await ok("archive", id);
    await ok("unarchive", id);
    assert.deepEqual(await told(id), aged);
    assert.equal((await ok("logs", "--events", id)).split("\n").length, events.split("\n").length);
    await ok("rm", "-y", id);
    assert.ok(!existsSync(folderOf(id)));
  });
});
