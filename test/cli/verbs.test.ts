import assert from "node:assert/strict";
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { openSandbox, until } from "../sandbox.ts";
import { type Agent, json, lives, openVerbs, readText } from "./verbs.ts";

const { box, skep, ok, failing, show } = openVerbs();
after(() => box.close());

describe("a root that is not there", () => {
  test("is an empty swarm for those who read, and nothing is made", async () => {
    const own = openSandbox();
    try {
      assert.equal((await own.run(["ls", "--json"])).stdout.trim(), "[]");
      assert.deepEqual(JSON.parse((await own.run(["reload", "--json"])).stdout), {
        root: own.root,
        loaded: 0,
        errors: [],
      });
      assert.equal((await own.run(["show", "nobody"])).code, 3);
      assert.equal((await own.run(["supervisor", "status"])).code, 5);
      assert.equal(existsSync(own.root), false);
    } finally {
      await own.close();
    }
  });

  test("is made by the first spawn, which answers at once and keeps no descriptor of the caller's", async () => {
    const own = openSandbox();
    try {
      const ran = await own.run(["spawn", "--", "sleep", "60"]);
      assert.match(ran.stdout, /^sleep-60-[0-9a-z]{6}\n$/);
      const [agent] = json<Agent[]>((await own.run(["ls", "--json"])).stdout);
      assert.equal(agent?.status, "running");
    } finally {
      await own.close();
    }
  });

  test("that is a file is refused with one line", async () => {
    writeFileSync(join(box.folder, "file"), "");
    for (const verb of [["ls"], ["spawn", "--", "true"]]) {
      const ran = await skep("--root", join(box.folder, "file"), ...verb);
      assert.equal(ran.code, 1);
      assert.match(ran.stderr, /^skep: .*is not a folder.*\n$/);
    }
  });
});

describe("what is wrong with a call", () => {
  test("names the nearest verb, flag and runner, and exits with 2", async () => {
    assert.match(await failing(2, "lss"), /did you mean ls/);
    assert.match(await failing(2, "ls", "--wacht"), /--watch/);
    assert.match(await failing(2, "spawn", "-r", "exce", "--", "x"), /did you mean exec/);
    assert.match(await failing(2, "spawn", ""), /empty|no agent CLI/);
    assert.match(await failing(2, "spawn", "-C", "/no/such/folder", "--", "true"), /no such folder/);
    assert.match(await failing(2, "spawn", "-m", "gpt", "--", "true"), /has no --model/);
    assert.match(await failing(2, "spawn", "-r", "zot", "x"), /zot/);
    assert.match(await failing(2, "stop"), /which agents/);
    assert.match(await failing(3, "show", "12e4"), /12e4/);
    assert.match(await failing(3, "logs", "007"), /007/);
    assert.equal(
      json<{ error: { code: string } }>(await failing(3, "show", "nobody", "--json")).error.code,
      "not_found",
    );
    assert.equal(await ok("ls", "--all", "--json"), "[]");
  });
});

describe("a command", () => {
  test("that fails is failed with its code, and its output is its transcript", async () => {
    const id = await ok("spawn", "--", "sh", "-c", "echo out; echo err >&2; exit 3");
    assert.equal((await skep("wait", id)).code, 1);
    const agent = await show(id);
    assert.deepEqual([agent.status, agent.exit_code, agent.tail], ["failed", 3, ["out", "stderr: err"]]);
    assert.equal(await ok("logs", id), "out\nstderr: err");
    assert.equal(await ok("logs", "--raw", id), "out");
    assert.equal((await skep("wait", "-x", id)).code, 3);
    assert.equal((await skep("result", id)).code, 1);
  });

  test("that does not exist is failed with 127 and says why", async () => {
    const id = await ok("spawn", "--", "no-such-command-here");
    await skep("wait", id);
    const agent = await show(id);
    assert.equal(agent.exit_code, 127);
    assert.match(agent.tail.join("\n"), /not found/);
  });

  test("has the caller's environment, umask and folder, and gives no secret away", async () => {
    const ran = await box.run(
      [
        "spawn",
        "-w",
        "-e",
        "SECRET",
        "-e",
        "NAMED=plain",
        "--",
        "sh",
        "-c",
        'umask; pwd; echo "${#SECRET} $NAMED $SKEP_AGENT_ID"',
      ],
      { env: { SECRET: "s3cr3t-value-not-to-be-found" } },
    );
    const id = ran.stderr.trim();
    const [mask, folder, words] = ran.stdout.split("\n");
    assert.equal(Number(mask), Number(process.umask().toString(8)));
    assert.equal(folder, join(box.folder, "work"));
    assert.equal(words, `28 plain ${id}`);
    for (const file of readdirSync(box.root, { recursive: true, encoding: "utf8" })) {
      const path = join(box.root, file);
      const text = existsSync(path) && !file.endsWith(".sock") ? readText(path) : "";
      assert.equal(text.includes("s3cr3t-value"), false, path);
    }
  });

  test("with its input open is spoken to, and its input closed by a stop", async () => {
    const id = await ok("spawn", "--stdin", "--", "cat");
    await ok("send", id, "first line");
    await box.run(["send", id, "-"], { input: "second\nthird\n" });
    await until(
      () => ok("logs", id),
      (text) => text === "first line\nsecond\nthird",
    );
    await ok("stop", id);
    assert.equal((await show(id)).status, "done");
    assert.match(await failing(4, "cancel", id), /not running/);
  });

  test("takes no messages otherwise", async () => {
    const id = await ok("spawn", "--", "true");
    assert.match(await failing(4, "send", id, "hello"), /--stdin/);
  });

  test("that runs too long is ended, with what it started", async () => {
    const id = await ok("spawn", "--timeout", "300ms", "--", "sh", "-c", "setsid sleep 50 & echo $!; sleep 50");
    assert.equal((await skep("wait", id)).code, 1);
    const agent = await show(id);
    assert.equal(agent.status, "failed");
    const left = Number(agent.tail[0]);
    assert.equal(lives(left), false);
  });
});

describe("a live agent", () => {
  test("answers messages, is stopped, resumed on its conversation, and removed", async () => {
    const id = await ok("spawn", "-r", "demo", "-n", "Talk Er", "-l", "team=red", "hello");
    assert.match(id, /^talk-er-/);
    await ok("wait", id);
    assert.equal(await ok("result", id), "echo: hello (turn 1)");
    assert.equal(await ok("send", "-w", id, "more"), "echo: more (turn 2)");
    assert.match(await failing(4, "resume", id), /running/);
    assert.match(await failing(4, "rm", id), /running/);
    assert.equal(await ok("ls", "-q", "-l", "team=red"), id);
    assert.equal(await ok("stop", id.slice(-6)), id);
    assert.equal((await show(id)).status, "done");
    assert.equal(await ok("resume", id), id);
    assert.equal(await ok("send", "-w", "@last", "again"), "echo: again (turn 3)");
    assert.equal(await ok("rm", "--force", id), id);
    assert.equal((await skep("show", id)).code, 3);
    assert.equal(existsSync(join(box.root, "agents", id)), false);
  });

  test("keeps a message until its turn is over, and cancels a turn", async () => {
    const gate = join(box.folder, "gate");
    const id = await ok("spawn", "-r", "demo", `wait-file:${gate}`);
    await until(
      () => show(id),
      ({ phase, pid }) => phase === "working" && pid !== undefined,
    );
    const message = await ok("send", id, "second");
    assert.equal((await show(id)).messages?.find((one) => one.id === message)?.state, "queued");
    writeFileSync(gate, "");
    await ok("wait", id);
    const agent = await show(id);
    assert.deepEqual([agent.turns, agent.last_assistant], [2, "echo: second (turn 2)"]);
    rmSync(gate);
    await ok("send", id, `wait-file:${gate}`);
    await until(
      () => ok("logs", id),
      (text) => text.includes(`user: wait-file:${gate}`) && text.split("user: wait").length === 3,
    );
    assert.equal(await ok("cancel", id), id);
    await ok("wait", id);
    assert.equal((await show(id)).status, "running");
    await ok("stop", id);
  });

  test("of spawn -w is shut down afterwards", async () => {
    const ran = await skep("spawn", "-w", "-r", "demo", "once");
    assert.deepEqual([ran.code, ran.stdout], [0, "echo: once (turn 1)\n"]);
    assert.equal((await show(ran.stderr.trim())).phase, "ended");
  });
});

describe("the supervisor", () => {
  test("dies by SIGKILL and loses no child, no line and no message", async () => {
    const gate = join(box.folder, "gate-kill");
    const id = await ok(
      "spawn",
      "--",
      "sh",
      "-c",
      `i=0; while [ $i -lt 60 ]; do echo $i; i=$((i+1)); [ $i != 20 ] || until [ -e ${gate} ]; do sleep 0.02; done; done; exit 4`,
    );
    const talker = await ok("spawn", "-r", "demo", "hello");
    await ok("wait", talker);
    const { pid } = json<{ pid: number }>(await ok("supervisor", "status", "--json"));
    process.kill(pid, "SIGKILL");
    const unwatched = await until(
      () => skep("ls"),
      ({ stderr }) => stderr.includes("nobody watches"),
    );
    assert.equal(unwatched.code, 0);
    assert.equal((await show(id)).status, "running");
    writeFileSync(gate, "");
    assert.equal(await ok("send", "-w", talker, "still there?"), "echo: still there? (turn 2)");
    assert.equal((await skep("wait", id)).code, 1);
    assert.equal((await show(id)).exit_code, 4);
    assert.equal(await ok("logs", id), Array.from({ length: 60 }, (_, at) => at).join("\n"));
    await ok("stop", talker);
  });

  test("is replaced without touching a child", async () => {
    const id = await ok("spawn", "--", "sleep", "60");
    const { pid } = await until(
      () => show(id),
      (agent) => agent.pid !== undefined,
    );
    const before = json<{ pid: number }>(await ok("supervisor", "status", "--json")).pid;
    const now = json<{ pid: number }>(await ok("supervisor", "restart", "--json")).pid;
    assert.notEqual(now, before);
    assert.equal((await show(id)).pid, pid);
    await ok("stop", id);
    assert.equal((await show(id)).status, "killed");
  });
});
