/** The config, plugins and the supervisor as the verbs meet them. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { until } from "../../sandbox.ts";
import { openCli } from "./harness.ts";

const cli = openCli();
const { box, skep, ok, fails, show, becomes } = cli;

const config = join(box.folder, "config.json");
/** Words that make a verb take this config. */
function given(value: unknown): readonly string[] {
  writeFileSync(config, typeof value === "string" ? value : JSON.stringify(value));
  return ["--config", config];
}

describe("the config", () => {
  test("names a runner for spawn, and the environment or a flag another", async () => {
    const words = given({ runner: "demo" });
    assert.equal(await ok(...words, "spawn", "-w", "hi"), "echo: hi (turn 1)");
    assert.equal(await ok(...words, "spawn", "-w", "-r", "exec", "--", "echo", "by flag"), "by flag");
    assert.equal(await ok(...words, "spawn", "-w", "--", "echo", "alone"), "alone", "a command alone is exec's");
    mkdirSync(join(box.folder, "home", ".config", "skep"), { recursive: true });
    const own = join(box.folder, "home", ".config", "skep", "config.json");
    writeFileSync(own, JSON.stringify({ runner: "demo" }));
    assert.equal(await ok("spawn", "-w", "from home"), "echo: from home (turn 1)");
    writeFileSync(own, "{}");
  });

  test("gives presets: a runner by another name, or a command with the task in it", async () => {
    const runners = {
      review: { use: "demo", model: "big", dir: box.folder, env: { ADDED: "1" }, hint: "for reviews" },
      fix: { use: "exec", argv: ["echo", "<{task}>", "{task}"], args: ["-n"] },
      both: { use: "exec", argv: ["sh", "-c", 'echo "$0 $ADDED"', "{task}"], env: { ADDED: "2" } },
      fixed: { use: "exec", argv: ["echo", "no task"] },
    };
    const words = given({ runners });
    const id = await ok(...words, "spawn", "-r", "review", "hello");
    const { runner, model, dir } = await show(id);
    assert.deepEqual([runner, model, dir], ["demo", "big", box.folder]);
    assert.equal((await show(await ok(...words, "spawn", "-r", "review", "-m", "small", "x"))).model, "small");
    assert.equal(await ok(...words, "spawn", "-w", "-r", "both", "a", "b c"), "a b c 2");
    assert.equal(await ok(...words, "spawn", "-w", "-r", "fixed"), "no task");
    assert.match(
      await fails(2, ...words, "spawn", "-r", "reviw", "x"),
      /no runner is called reviw \(did you mean review\?/,
    );
    assert.match(await fails(2, ...words, "spawn", "-r", "review"), /bad task: it is empty/);
  });

  test("says by a preset's hint what is missing, and starts nothing then", async () => {
    const runners = {
      aider: { use: "exec", argv: ["no-such-aider", "--message", "{task}"], hint: "pip install it" },
      near: { use: "exec", argv: ["./no-such-script"] },
      careful: { use: "zot", hint: "get it from its page" },
      added: {
        use: "exec",
        argv: ["tool-of-path"],
        env: { PATH: `${join(box.folder, "tools")}:/usr/bin:/bin` },
        hint: "x",
      },
    };
    const words = given({ runners });
    const before = await ok("ls", "-q", "-a");
    assert.match(
      await fails(2, ...words, "spawn", "-r", "aider", "x"),
      /^skep: runner aider needs no-such-aider, which was not found \(pip install it\)$/,
    );
    assert.match(
      await fails(2, ...words, "spawn", "-r", "near", "x"),
      /runner near needs \.\/no-such-script, which was not found$/,
    );
    assert.match(
      await fails(2, ...words, "spawn", "-r", "careful", "x"),
      /runner careful needs zot.* \(get it from its page\)$/,
    );
    assert.equal(await ok("ls", "-q", "-a"), before);
    mkdirSync(join(box.folder, "tools"));
    writeFileSync(join(box.folder, "tools", "tool-of-path"), "#!/bin/sh\necho found\n", { mode: 0o755 });
    assert.equal(await ok(...words, "spawn", "-w", "-r", "added", "x"), "found");
  });

  test("that is not understood is told, with the key and the nearest one", async () => {
    const wrong: readonly (readonly [unknown, RegExp])[] = [
      ["{", /config .*config\.json: not JSON/],
      ["[]", /is not an object/],
      [{ runer: "x" }, /unknown key runer \(did you mean runner\?\)/],
      [{ runners: { a: { use: "demo", modl: "x" } } }, /unknown key runners\.a\.modl \(did you mean model\?\)/],
      [{ runners: { a: {} } }, /runners\.a\.use is missing/],
      [{ runner: 7 }, /runner is not a text/],
      [{ supervisor_idle: "5" }, /supervisor_idle is not a duration/],
    ];
    for (const [value, message] of wrong) assert.match(await fails(2, ...given(value), "ls"), message);
    assert.match(await fails(2, "--config", "missing.json", "ls"), /missing\.json: no such file/);
  });

  test("says when a supervisor that rests, and an agent that idles, is to end", async () => {
    const root = join(box.folder, "resting");
    const words = [...given({ supervisor_idle: "200ms", idle_timeout: "200ms" }), "--root", root];
    const id = await ok(...words, "spawn", "-r", "demo", "hi");
    await until(
      () => ok(...words, "ls", "-q", "--status", "done"),
      (ids) => ids === id,
    );
    await until(
      async () => (await skep(["--root", root, "supervisor"])).code,
      (code) => code === 5,
    );
    assert.match(await ok("--root", root, "show", id), /shutdown/);
  });
});

describe("a plugin file", () => {
  const asker = `
    runners: [{ name: "asker", turns: "live", accepts: ["model"],
      launch: ({ message, agent }) => ({
        argv: ["sh", "-c", 'printf "%s\\\\n" "$0"; exec cat', JSON.stringify({ type: "ask", what: message.text + " " + (agent.model ?? "") })],
        stdin: { kind: "open" } }),
      deliver: (command) => command.kind === "shutdown" ? { to: "close" } : { to: "refused", why: "it only asks" } }],
    handlers: [{ name: "asker", runner: "asker", types: ["ask"],
      handle: ({ data }) => [{ kind: "waiting", request: "r-1", what: String(data.what).trim() }] }],
    renderers: [{ name: "count", output: "text",
      render: ({ agents }, { verb, columns, color }) => [verb, agents.length > 0, columns, color].join() + "\\n" }],`;
  const script = join(cli.work, "asker.mjs");
  const typed = join(cli.work, "hooks.ts");
  const told = join(box.folder, "told");
  writeFileSync(script, `export default { name: "asker", version: "1.2.3", api: 1, ${asker} };`);
  writeFileSync(
    typed,
    `import { appendFileSync } from "node:fs";
     import type { Plugin, PluginApi } from "skep";
     const tell = (...words: readonly unknown[]): void => appendFileSync(${JSON.stringify(told)}, words.join(" ") + "\\n");
     export default (api: PluginApi): Plugin => ({ name: "hooks", version: "0.1.0", api: 1, hooks: {
       "agent:spawn": (request) => {
         if (request.task.includes("forbidden")) throw new Error("not here");
         request.labels = { ...request.labels, seen: "yes" };
       },
       "agent:launch": (launch) => { launch.env = { ...launch.env, HOOKED: "by launch" }; },
       "agent:stop": (agent, exit) => tell("stop", agent.id, exit.reason, exit.code),
       "agent:remove": (agent) => tell("remove", agent.id),
     } });`,
  );

  test("brings runners, handlers and renderers, and its agents may wait for a person: 7", async () => {
    const words = ["--plugin", "asker.mjs"];
    const ran = await skep([...words, "spawn", "-w", "-r", "asker", "-m", "m1", "-n", "asking", "may I?"]);
    assert.deepEqual([ran.code, ran.stdout], [7, ""]);
    assert.match(
      ran.stderr,
      /^asking-\w+\nskep: asking-\w+ waits for a person: may I\? m1 \(skep approve asking-\w+, or skep deny asking-\w+ -m <why>\)\n$/,
    );
    assert.match(await fails(7, ...words, "wait", "asking"), /waits for a person/);
    assert.match(await ok(...words, "ls", "--phase", "waiting"), /◐ waiting +asker +\d+s +may I\? m1/);
    assert.equal(await ok(...words, "ls", "-o", "count"), "ls,true,,false");
    assert.match(await ok("ls", "asking"), /asker/, "without the plugin it is listed all the same");
    assert.match(
      await ok(...words, "plugins"),
      /^asker 1\.2\.3 {2}flag \S+asker\.mjs \w{12} {2}runner asker, handler asker, renderer count$/m,
    );
    assert.match(await fails(2, ...words, "ls", "-o", "coutn"), /no renderer is called coutn \(did you mean count\?/);
    await ok("stop", "asking");
  });

  test("in TypeScript sees what happens, may change it, and may refuse it", async () => {
    const words = ["--plugin", typed];
    const ran = await skep([...words, "spawn", "-w", "-n", "hooked", "--", "sh", "-c", "echo $HOOKED; exit 3"]);
    assert.equal(ran.stdout, "by launch\n");
    const { id, labels } = await show("hooked");
    assert.deepEqual(labels, { seen: "yes" });
    assert.match(
      await fails(1, ...words, "spawn", "--", "echo", "forbidden"),
      /plugin hooks refused agent:spawn: not here/,
    );
    await ok("rm", id);
    await until(
      () => (existsSync(told) ? readFileSync(told, "utf8") : ""),
      (text) => text.includes("remove"),
    );
    assert.equal(readFileSync(told, "utf8"), `stop ${id} exit 3\nremove ${id}\n`);
  });

  test("that is broken stops only the verb that needs it: 6", async () => {
    const broken = join(cli.work, "broken.mjs");
    for (const [text, why] of [
      ["export default 7;", /is not a plugin/],
      ["throw new Error('it broke');", /it broke/],
      ["export default { name: 'x', version: '1', api: 9 };", /api/],
      ["syntax error", /broken\.mjs/],
    ] as const) {
      writeFileSync(broken, text);
      const needs = await skep(["--plugin", broken, "spawn", "-r", "nobody", "x"]);
      assert.equal(needs.code, 6, text);
      assert.match(
        needs.stderr,
        /\nskep: no runner nobody: plugin .* is not loaded: .*\(mend it, or leave it out\)\n$/,
      );
      assert.match(needs.stderr, why);
      assert.equal((await skep(["--plugin", broken, "ls", "-o", "nobody"])).code, 6);
      const reads = await skep(["--plugin", broken, "ls", "-q", "-a"]);
      assert.equal(reads.code, 0);
      assert.match(reads.stderr, /^skep: warning: plugin .*broken\.mjs is not loaded: /);
      assert.equal((await skep(["--plugin", broken, "spawn", "-w", "--", "true"])).code, 0);
      assert.match(await ok("--plugin", broken, "plugins"), /not loaded: /);
    }
    const words = given({ plugins: ["missing.mjs"] });
    const reads = await skep([...words, "ls", "-q"]);
    assert.match(reads.stderr, /missing\.mjs is not loaded: no such file or directory\n$/);
    assert.equal((await skep([...words, "--no-plugins", "ls", "-q"])).stderr, "");
  });
});

describe("the supervisor", () => {
  test("is started by who needs it, and children live through its end", async () => {
    const id = await ok("spawn", "-n", "through", "--", "sleep", "60");
    const { pid } = await becomes(id, (agent) => agent.pid !== undefined);
    const first: unknown = JSON.parse(await ok("supervisor", "status", "--json"));
    const { stderr, stdout, code } = await skep(["supervisor", "stop"]);
    assert.deepEqual([stdout, stderr, code], ["", "skep: the supervisor has ended; its agents go on\n", 0]);
    const unwatched = await skep(["ls", "through"]);
    assert.match(
      unwatched.stderr,
      /nobody watches it since \d{4}-.*Z: it goes on, and skep supervisor start takes it over\n$/,
    );
    assert.match(unwatched.stdout, /● working/);
    assert.match(await ok("supervisor", "start"), /^pid \d+, skep \S+, since \S+, root \//);
    assert.notDeepEqual(JSON.parse(await ok("supervisor", "--json")), first);
    assert.equal(await ok("supervisor", "start"), await ok("supervisor"), "one that runs is left alone");
    assert.equal((await show(id)).pid, pid);
    await ok("stop", id);
  });

  test("that cannot be started is told: 5", async () => {
    const root = join(box.folder, "held");
    mkdirSync(root);
    const holder = spawn("flock", [join(root, "lock"), "sleep", "60"], { stdio: "ignore", detached: true });
    try {
      await until(
        () => existsSync(join(root, "lock")),
        (there) => there,
      );
      assert.match(
        await fails(5, "--root", root, "spawn", "--", "true"),
        /the supervisor of .*held cannot be started: /,
      );
      assert.equal(await ok("--root", root, "ls", "-q"), "", "reading asks nobody");
    } finally {
      if (holder.pid !== undefined) process.kill(-holder.pid, "SIGKILL");
    }
  });
});
