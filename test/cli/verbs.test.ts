import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openSandbox, type Ran, type Sandbox, until } from "../sandbox.ts";

let box: Sandbox;
before(() => {
  box = openSandbox();
});
after(() => box.close());

interface Agent {
  readonly id: string;
  readonly handle: string;
  readonly status: string;
  readonly phase: string;
  readonly turns: number;
  readonly run: number;
  readonly pid?: number;
  readonly exit_code?: number;
  readonly tail: readonly string[];
  readonly last_assistant?: string;
  readonly messages?: readonly { readonly id: string; readonly state: string }[];
}
const json = <T>(text: string): T => JSON.parse(text) as T;
const skep = (...args: readonly string[]): Promise<Ran> => box.run(args);
const ok = async (...args: readonly string[]): Promise<string> => {
  const ran = await skep(...args);
  assert.equal(ran.code, 0, `skep ${args.join(" ")}: ${ran.stderr}`);
  return ran.stdout.trim();
};
const show = async (id: string): Promise<Agent> => json(await ok("show", id, "--json"));
const failing = async (code: number, ...args: readonly string[]): Promise<string> => {
  const ran = await skep(...args);
  assert.equal(ran.code, code, `skep ${args.join(" ")}: ${ran.stdout}${ran.stderr}`);
  assert.equal(ran.stdout, "");
  return ran.stderr;
};

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
    const id = await ok(
      "spawn",
      "--",
      "sh",
      "-c",
      "i=0; while [ $i -lt 60 ]; do echo $i; i=$((i+1)); sleep 0.02; done; exit 4",
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

describe("output", () => {
  test("into a closed pipe ends quietly", async () => {
    const id = await ok("spawn", "--", "seq", "1", "20000");
    await skep("wait", id);
    const child = spawn("sh", ["-c", `"$0" logs ${id} | head -n 1`, join(process.cwd(), "dist/skep")], {
      env: box.env,
    });
    let [out, err] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString("utf8")));
    child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString("utf8")));
    await new Promise((done) => child.once("close", done));
    assert.deepEqual([out, err], ["1\n", ""]);
  });

  test("of several agents has prefixes, of one none; -n, --since and --events narrow or widen it", async () => {
    const one = await ok("spawn", "-l", "batch=1", "--", "seq", "1", "3");
    const two = await ok("spawn", "-l", "batch=1", "--", "echo", "hi");
    await skep("wait", one, two);
    assert.equal(await ok("logs", "-n", "2", one), "2\n3");
    assert.equal(await ok("logs", "--since", "1h", two), "hi");
    assert.match(await ok("logs", "-l", "batch=1"), new RegExp(`^${one.slice(-6)} \\| 1$`, "m"));
    const events = (await ok("logs", "--events", two)).split("\n").map((line) => json<{ type: string }>(line).type);
    assert.deepEqual(events, ["agent_started", "message_delivered", "stdout", "agent_stopped", "message_done"]);
  });
});

describe("a session", () => {
  test("sees its own agents and those of none, and any by a full id", async () => {
    const id = await ok("spawn", "--session", "s1", "--", "true");
    assert.equal((await ok("ls", "-q", "--session", "s1")).includes(id), true);
    assert.equal((await ok("ls", "-q", "--session", "s2")).includes(id), false);
    assert.equal((await skep("show", "--session", "s2", id.slice(-6))).code, 3);
    assert.equal((await skep("show", "--session", "s2", id)).code, 0);
  });
});

describe("a damaged record", () => {
  test("is told by reload and hides nobody else", async () => {
    const own = openSandbox();
    try {
      const id = (await own.run(["spawn", "--", "true"])).stdout.trim();
      for (const [name, text] of [
        ["torn-aaaaaa", "{"],
        ["other-bbbbbb", '{"id":"x"}'],
        ["empty-cccccc", ""],
      ] as const) {
        mkdirSync(join(own.root, "agents", name));
        writeFileSync(join(own.root, "agents", name, "meta.json"), text);
      }
      mkdirSync(join(own.root, "agents", "without-dddddd"));
      const found = JSON.parse((await own.run(["reload", "--json"])).stdout) as {
        loaded: number;
        errors: { code: string }[];
      };
      const { loaded, errors } = found;
      assert.equal(loaded, 1);
      assert.deepEqual(
        errors.map(({ code }) => code),
        ["corrupt", "corrupt", "corrupt"],
      );
      assert.equal((await own.run(["reload", "--strict"])).code, 1);
      assert.equal((await own.run(["ls", "-q"])).stdout.trim(), id);
    } finally {
      await own.close();
    }
  });
});

describe("the config", () => {
  test("gives presets, a default runner, and an error for a key that it does not know", async () => {
    const config = join(box.folder, "config.json");
    writeFileSync(
      config,
      JSON.stringify({ runner: "say", runners: { say: { use: "exec", argv: ["echo", "said", "{task}"] } } }),
    );
    assert.equal(await ok("--config", config, "spawn", "-w", "some words"), "said some words");
    writeFileSync(config, JSON.stringify({ runers: {} }));
    assert.match(await failing(2, "--config", config, "ls"), /did you mean runners/);
  });
});

describe("a plugin file", () => {
  test("supplies a runner, a renderer and hooks; a broken one stops only who needs it", async () => {
    const path = join(box.folder, "mine.mjs");
    writeFileSync(
      path,
      `import { definePlugin } from "skep";
export default definePlugin({ name: "mine", version: "1.0.0", api: 1,
  runners: [{ name: "mine", turns: "none", output: "text", launch: (run) => ({ argv: ["echo", "mine:", run.message?.text ?? ""] }) }],
  renderers: [{ name: "count", output: "text", render: (view) => view.agents.length + " agents\\n" }] });`,
    );
    assert.equal(await ok("--plugin", path, "spawn", "-w", "-r", "mine", "hello"), "mine: hello");
    assert.match(await ok("--plugin", path, "ls", "-o", "count"), /^\d+ agents$/);
    assert.match(await ok("--plugin", path, "plugins"), /mine 1\.0\.0 {2}flag .*runner mine, renderer count/);
    writeFileSync(path, "export default 7;");
    assert.match(await failing(6, "--plugin", path, "spawn", "-r", "mine", "x"), /is not a plugin/);
    const ran = await skep("--plugin", path, "ls", "-q");
    assert.equal(ran.code, 0);
    assert.match(ran.stderr, /not loaded/);
  });

  test("in another language is an executable on PATH", async () => {
    const folder = join(box.folder, "bin");
    mkdirSync(folder);
    writeFileSync(
      join(folder, "skep-runner-shy"),
      `#!/bin/sh
case $1 in
  describe) echo '{"name":"shy","turns":"none","output":"text"}';;
  launch) echo '{"argv":["echo","shy child"]}';;
esac
`,
    );
    chmodSync(join(folder, "skep-runner-shy"), 0o755);
    const ran = await box.run(["spawn", "-w", "-r", "shy", "hello"], { env: { PATH: `${folder}:${box.env["PATH"]}` } });
    assert.deepEqual([ran.code, ran.stdout], [0, "shy child\n"], ran.stderr);
  });

  test("of a project counts once it is trusted, and no longer when it has changed", async () => {
    const cwd = join(box.folder, "project");
    mkdirSync(cwd);
    writeFileSync(
      join(cwd, "skep.json"),
      JSON.stringify({ runners: { greet: { use: "exec", argv: ["echo", "hi", "{task}"] } } }),
    );
    const spawnGreet = (): Promise<Ran> => box.run(["spawn", "-w", "-r", "greet", "you"], { cwd });
    assert.equal((await spawnGreet()).code, 6);
    assert.equal((await box.run(["plugins", "trust"], { cwd })).code, 0);
    assert.equal((await spawnGreet()).stdout, "hi you\n");
    writeFileSync(
      join(cwd, "skep.json"),
      JSON.stringify({ runners: { greet: { use: "exec", argv: ["echo", "bad"] } } }),
    );
    assert.equal((await spawnGreet()).code, 6);
  });
});

/** One that has ended and that nobody has asked about yet is a zombie. */
const lives = (pid: number): boolean => /^\d+ \(.*\) [^ZX]/s.test(readText(`/proc/${pid}/stat`));

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // a folder, a FIFO, a socket: nothing is written there
  }
}
