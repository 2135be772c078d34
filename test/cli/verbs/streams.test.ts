import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { before, describe, test } from "node:test";
import { until } from "../../sandbox.ts";
import { errorOf, linesOf, openCli } from "./harness.ts";

const cli = openCli();
const { box, skep, shell, ok, fails, show, becomes } = cli;

/** A verb that goes on by itself, and what it has printed so far. */
function begin(...args: readonly string[]): { child: ChildProcess; text: () => string; exit: Promise<number | null> } {
  const command = process.env["SKEP_UNDER_TEST"] ?? resolve("dist/skep");
  const child = spawn(command, args, { cwd: cli.work, env: box.env, stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  const exit = new Promise<number | null>((done) => child.once("close", done));
  return { child, text: () => text, exit };
}

describe("logs", () => {
  const gate = join(cli.work, "gate");
  let slow = "";
  let quick = "";
  before(async () => {
    const script = `echo one; echo two >&2; until [ -e ${gate} ]; do sleep 0.02; done; printf 'three\\nlast'`;
    slow = await ok("spawn", "-n", "slow", "-l", "set=1", "--", "sh", "-c", script);
    await becomes(slow, ({ tail }) => tail.length === 2);
    quick = await ok("spawn", "-n", "quick", "-l", "set=1", "--", "echo", "hi");
    await ok("wait", quick);
  });

  test("-f shows what comes until the end, of several with prefixes", async () => {
    const [one, both, raw] = [
      begin("logs", "-f", slow),
      begin("logs", "-f", "-l", "set=1"),
      begin("logs", "-f", "--raw", slow),
    ];
    await until(
      () => one.text() + both.text() + raw.text(),
      (text) => text.split("one\n").length === 4 && text.includes("hi"),
    );
    assert.equal(one.text(), "one\nstderr: two\n");
    assert.equal(one.child.exitCode ?? both.child.exitCode ?? raw.child.exitCode, null, "they wait for more");
    writeFileSync(gate, "");
    assert.deepEqual(await Promise.all([one.exit, both.exit, raw.exit]), [0, 0, 0]);
    assert.equal(one.text(), "one\nstderr: two\nthree\nlast\n");
    assert.equal(raw.text(), "one\nthree\nlast");
    const [s, q] = [slow.slice(-6), quick.slice(-6)];
    assert.equal(both.text(), `${s} | one\n${s} | stderr: two\n${q} | hi\n${s} | three\n${s} | last\n`);
  });

  test("narrow by lines and time, and widen to the log's own lines and the bytes", async () => {
    assert.equal(await ok("logs", "-n", "2", slow), "three\nlast");
    assert.equal(await ok("logs", "-n0", slow), "");
    assert.equal(await ok("logs", "--since", "1h", quick), "hi");
    assert.equal(await ok("logs", "--since", "2020-01-01T00:00:00Z", quick), "hi");
    assert.equal(await ok("logs", "--since", "2199-01-01T00:00:00Z", quick), "");
    const types = linesOf(await ok("logs", "--events", quick)).map((line) => (line as { type: string }).type);
    assert.deepEqual(types, ["agent_started", "message_delivered", "stdout", "agent_stopped", "message_done"]);
    assert.equal((await skep(["logs", "--raw", slow])).stdout, "one\nthree\nlast");
    assert.match(await fails(2, "logs", "--raw", "-n", "1", slow), /--raw and --lines do not go together/);
    assert.match(await fails(2, "logs", "--raw", slow, quick), /logs --raw takes one agent/);
    assert.match(await fails(2, "logs", "--since", "yesterday", slow), /is not a time such as/);
    assert.match(await fails(2, "logs", "-n", "x", slow), /--lines: "x" is not a whole number/);
  });

  test("with --json are an object a line", async () => {
    const [line] = linesOf(await ok("logs", "--json", quick)) as readonly Record<string, unknown>[];
    assert.deepEqual([line?.["id"], line?.["text"], typeof line?.["time"]], [quick, "hi", "string"]);
    const events = linesOf(await ok("logs", "--json", "--events", "-l", "set=1")) as readonly Record<string, unknown>[];
    assert.deepEqual(new Set(events.map(({ id }) => id)), new Set([slow, quick]));
    assert.ok(events.every(({ event }) => typeof event === "object"));
  });
});

describe("data and words", () => {
  test("do not mix: every verb's --json parses, also when it fails", async () => {
    const id = await ok("spawn", "-r", "demo", "-n", "json", "hi");
    await ok("wait", id);
    const parses = async (...args: readonly string[]): Promise<unknown> => JSON.parse(await ok(...args, "--json"));
    for (const verb of [["ls"], ["show", id], ["result", id], ["wait", id], ["reload"], ["supervisor", "status"]])
      assert.ok(await parses(...verb), verb.join(" "));
    for (const verb of [["supervisor", "start"], ["supervisor", "restart"], ["plugins"], ["send", id, "more"]])
      assert.ok(await parses(...verb), verb.join(" "));
    assert.ok(await parses("send", "-w", id, "again"));
    for (const verb of ["stop", "resume"]) assert.equal(((await parses(verb, id)) as unknown[]).length, 1, verb);
    assert.equal(((await parses("rm", "--force", id)) as { id: string }[])[0]?.id, id);
    assert.deepEqual(Object.keys((await parses("supervisor", "stop")) as object), ["root", "pid"]);
    const failing: readonly (readonly [number, string, readonly string[]])[] = [
      [2, "usage", ["lss"]],
      [2, "usage", ["ls", "--bogus"]],
      [2, "usage", ["logs", "quick", "-n", "x"]],
      [3, "not_found", ["show", "nobody"]],
      [5, "unreachable", ["supervisor", "status"]],
      [4, "state", ["send", "quick", "hi"]],
      [6, "plugin", ["spawn", "-r", "x", "--plugin", "missing.mjs", "y"]],
    ];
    for (const [code, name, words] of failing) {
      const { stderr, stdout, code: got } = await skep([...words, "--json"]);
      const error = stderr
        .trimEnd()
        .split("\n")
        .find((line) => line.startsWith("{"));
      assert.deepEqual([got, errorOf(error ?? "").code, stdout], [code, name, ""], words.join(" "));
    }
    assert.equal((await skep(["result", "slow", "--json"])).code, 1, "a command gives no answer");
  });

  test("-q prints ids alone and no notices", async () => {
    const { stdout, stderr } = await skep(["ls", "-q"]);
    assert.match(stdout, /^(\S+\n)+$/);
    assert.equal(stderr, "");
    assert.equal((await skep(["supervisor", "start", "-q"])).stderr, "");
    assert.equal((await skep(["supervisor", "stop", "-q"])).stderr, "");
    assert.match((await skep(["-V"])).stdout, /^\d+\.\d+\.\d+\n$/);
  });

  test("colour comes when it is asked for, and never by itself in a pipe", async () => {
    const coloured = "\u001b[";
    const ls = async (env: Record<string, string>, ...args: readonly string[]): Promise<boolean> =>
      (await skep(["ls", ...args], { env })).stdout.includes(coloured);
    assert.equal(await ls({}), false);
    assert.equal(await ls({}, "--color", "always"), true);
    assert.equal(await ls({ FORCE_COLOR: "1" }), true);
    assert.equal(await ls({ FORCE_COLOR: "1", NO_COLOR: "1" }), false);
    assert.equal(await ls({}, "--json", "--color=always"), false);
    assert.match(await fails(2, "ls", "--color", "sometimes"), /no color is called sometimes/);
  });

  test("into a closed pipe end quietly", async () => {
    const id = await ok("spawn", "-n", "long", "--", "seq", "1", "15000");
    await ok("wait", id);
    for (const verb of [`logs ${id}`, `logs --raw ${id}`, `logs --events ${id}`, "ls --json", "--help"]) {
      const { stdout, stderr } = await shell(`skep ${verb} | head -n 1`);
      assert.deepEqual([stdout.split("\n").length, stderr], [2, ""], verb);
    }
    const { stderr } = await shell(`skep logs ${id} >/dev/full`);
    assert.match(stderr, /^skep: cannot write to stdout: .*no space left/i);
  });
});

describe("ls --watch", () => {
  test("--json tells each agent first, then each change, and what is removed", async () => {
    const id = await ok("spawn", "-r", "demo", "-n", "watched", "hi");
    await ok("wait", id);
    const watching = begin("ls", "--watch", "--json", "watched");
    const changes = (): readonly Record<string, unknown>[] =>
      watching.text() === "" ? [] : (linesOf(watching.text()) as readonly Record<string, unknown>[]);
    try {
      await until(changes, (seen) => seen.length === 1);
      assert.deepEqual(changes()[0], { change: "set", agent: withoutDetail(await show(id)) });
      await ok("send", "-w", id, "more");
      await until(changes, (seen) => JSON.stringify(seen.at(-1)).includes('"turns":2'));
      await ok("rm", "--force", id);
      await until(changes, (seen) => seen.at(-1)?.["change"] === "removed");
      assert.deepEqual(changes().at(-1), { change: "removed", id });
    } finally {
      watching.child.kill("SIGINT");
    }
    assert.equal(await watching.exit, null, "a Ctrl-C ends it as any program");
  });

  test("prints the list again on each change", async () => {
    const watching = begin("ls", "--watch", "-q", "-l", "new=1");
    const ids = begin("ls", "--watch", "-o", "ndjson", "-l", "new=1");
    try {
      const id = await ok("spawn", "-n", "newcomer", "-l", "new=1", "--", "true");
      await until(watching.text, (text) => text.includes(id));
      await until(ids.text, (text) => text.includes('"status":"done"'));
    } finally {
      watching.child.kill("SIGTERM");
      ids.child.kill("SIGTERM");
      await Promise.all([watching.exit, ids.exit]);
    }
  });
});

function withoutDetail(detail: object): object {
  const { runs: _runs, messages: _messages, ...snapshot } = detail as { runs?: unknown; messages?: unknown };
  return snapshot;
}
