import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { openSandbox, type Ran } from "../sandbox.ts";
import { json, openVerbs } from "./verbs.ts";

const { box, skep, ok, failing } = openVerbs();
after(() => box.close());

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
