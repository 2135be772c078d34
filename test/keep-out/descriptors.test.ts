/** What a child gets: its own stdin, stdout and stderr, its caller's environment, and nothing of skep's nor of whoever started the supervisor. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { before, beforeEach, describe, test } from "node:test";
import { readRecord } from "../../src/supervisor/start.ts";
import { openCli } from "../cli/verbs/harness.ts";
import { faultySkep } from "../fault/faulty-build.ts";
import { ended, type Ran, until } from "../sandbox.ts";

const cli = openCli();
const { box, root, becomes } = cli;
type Variables = Readonly<Record<string, string>>;

const bin = join(box.folder, "bin");
const told = join(box.folder, "told");
mkdirSync(bin);
const plugin = join(box.folder, "reads.mjs");
writeFileSync(
  plugin,
  `export default { name: "reads", version: "1.0.0", api: 1, runners: [{ name: "reads", turns: "none", output: "text",
     launch: ({ args, message }) => ({ argv: args, stdin: { kind: "text", text: message.text } }) }] };\n`,
);
writeFileSync(
  join(bin, "skep-runner-told"),
  `#!/bin/sh
case $1 in
  describe) echo '{"name":"told","turns":"none","output":"text"}' ;;
  launch) echo $$ >'${told}'; until [ -e '${told}.seen' ]; do sleep 0.05; done; echo '{"argv":["/bin/true"]}' ;;
esac
`,
  { mode: 0o755 },
);

/** Whoever starts the supervisor: nothing of theirs is for others. */
const FIRST: Variables = { OF_THE_FIRST: "1", BUN_CONFIG_VERBOSE_FETCH: "curl", BUN_JSC_useJIT: "1", CLAUDECODE: "1" };
const SECOND: Variables = { OF_THE_SECOND: "2 and \n a line", BUN_INSTALL: "/nowhere", NODE_ENV: "test" };
const SHELLS = new Set(["PWD", "OLDPWD", "SHLVL", "_"]); // what any shell sets for what it starts

const environment = (bytes: string): readonly string[] =>
  bytes
    .split("\0")
    .filter((pair) => pair !== "" && !SHELLS.has(pair.slice(0, pair.indexOf("="))))
    .toSorted();
const environmentOf = (pid: number): readonly string[] => environment(readFileSync(`/proc/${pid}/environ`, "utf8"));
/** The demo agent gets zot's words from its runner. */
const withoutZots = (pid: number): readonly string[] => environmentOf(pid).filter((pair) => !pair.startsWith("ZOT_"));
const descriptorsOf = (pid: number): Readonly<Record<string, string>> =>
  Object.fromEntries(readdirSync(`/proc/${pid}/fd`).map((fd) => [fd, readlinkSync(`/proc/${pid}/fd/${fd}`)]));

const shells: readonly (readonly [string, string | undefined])[] = [
  ["bash", undefined], // it is taken where it is found
  ["dash", ["/usr/bin/dash", "/bin/dash"].find((path) => existsSync(path))],
];
for (const [shell, path] of shells) {
  const missing = shell === "bash" ? !existsSync("/usr/bin/bash") && !existsSync("/bin/bash") : path === undefined;
  const skip = missing
    ? `skipped: no ${shell} here`
    : process.env["SKEP_UNDER_TEST"] === undefined
      ? false
      : "skipped: other runtimes have tests of their own in test/process";

  describe(`under ${shell}, a child of the binary`, { skip }, () => {
    let program = resolve("dist/skep");
    before(() => {
      if (path !== undefined) program = faultySkep(); // the same, but that its shell can be named
    });
    const env = { ...box.env, PATH: `${bin}:${box.env["PATH"]}` };
    /** A verb of somebody who has descriptors open that skep must not hand on. */
    const verb = (more: Variables, ...args: readonly string[]): Promise<Ran> => {
      const script = `exec 3<'${plugin}' 7<'${plugin}' 8>>'${join(box.folder, "theirs")}'; exec "$@"`;
      const words = ["-c", script, "sh", program, ...args];
      return ended(
        spawn("bash", words, { cwd: cli.work, env: { ...env, ...more }, stdio: ["ignore", "pipe", "pipe"] }),
      );
    };
    const ok = async (more: Variables, ...args: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await verb(more, ...args);
      assert.equal(code, 0, stderr);
      return stdout.trim();
    };
    /** What the caller has, and skep's three words. */
    const expected = (more: Variables, id: string, run: number): readonly string[] => {
      const own = { SKEP_AGENT_ID: id, SKEP_ROOT: root, SKEP_RUN: `${statSync(root).ino}/${id}/${run}` };
      const pairs = Object.entries({ ...env, ...more, ...own }).map((pair) => pair.join("="));
      return environment(pairs.join("\0"));
    };
    const child = async (id: string, run = 1): Promise<number> => {
      const { pid = 0 } = await becomes(id, (agent) => agent.run === run);
      await until(
        () => readlinkSync(`/proc/${pid}/exe`),
        (exe) => !/\/(bash|dash)$/.test(exe), // it was the shim's inner one until then
      );
      return pid;
    };
    beforeEach(async () => {
      await verb({}, "supervisor", "stop"); // unless none runs
      await ok(
        { ...FIRST, ...(path === undefined ? {} : { FAULT_SHELL: path }) },
        "supervisor",
        "start",
        "--plugin",
        plugin,
      );
    });

    test("has its shim run by that shell", async () => {
      const id = await ok(SECOND, "spawn", "--", "/usr/bin/sleep", "600");
      const claim = readFileSync(join(root, "agents", id, "runs/000001/claim"), "utf8");
      assert.match(readlinkSync(`/proc/${claim.split(" ")[1]}/exe`), new RegExp(`/${shell}$`));
      await ok({}, "stop", "--grace", "100ms", id);
    });

    const runs = (id: string): string => join(root, "agents", id, "runs/000001");
    const kinds: readonly (readonly [string, readonly string[], (id: string) => string])[] = [
      ["nothing", ["-n", "none", "--"], () => "/dev/null"],
      ["a text", ["-r", "reads", "-n", "text", "the text", "--"], (id) => join(runs(id), "in")],
      ["what is sent", ["--stdin", "-n", "open", "--"], (id) => join(runs(id), "p")],
    ];
    for (const [what, words, stdin] of kinds)
      test(`that reads ${what} has three descriptors, and its caller's environment alone`, async () => {
        const id = await ok(SECOND, "spawn", "--plugin", plugin, ...words, "/usr/bin/sleep", "600");
        const pid = await child(id);
        assert.deepEqual(descriptorsOf(pid), { 0: stdin(id), 1: join(runs(id), "out"), 2: join(runs(id), "err") });
        assert.deepEqual(environmentOf(pid), expected(SECOND, id, 1));
        const supervisor = Object.values(descriptorsOf(readRecord(root)?.pid ?? 0));
        assert.deepEqual(
          supervisor.filter((link) => link === plugin || link.endsWith("/theirs")),
          [],
          "the supervisor has none of whoever started it",
        );
        await ok({}, "stop", "--grace", "100ms", id);
      });

    test("that a later message starts has the environment of who sent it", async () => {
      const id = await ok(SECOND, "spawn", "-r", "demo", "hi");
      await ok({}, "wait", id);
      assert.deepEqual(withoutZots(await child(id)), expected(SECOND, id, 1));
      await ok({}, "stop", "--grace", "100ms", id);
      const third = { OF_THE_THIRD: "3" };
      await ok(third, "send", "-w", id, "again");
      assert.deepEqual(withoutZots(await child(id, 2)), expected(third, id, 2));
      await ok({}, "stop", "--grace", "100ms", id);
    });

    test("and a runner in another language have none of skep's", async () => {
      for (const file of [told, `${told}.seen`]) rmSync(file, { force: true });
      const spawning = ok(SECOND, "spawn", "-r", "told", "x");
      const pid = Number(
        await until(
          () => (existsSync(told) ? readFileSync(told, "utf8") : ""),
          (text) => text.endsWith("\n"),
        ),
      );
      const { 0: _in, 1: _out, 2: _err, ...more } = descriptorsOf(pid);
      const names = environmentOf(pid).map((pair) => pair.slice(0, pair.indexOf("=")));
      writeFileSync(`${told}.seen`, "");
      await spawning;
      assert.deepEqual(
        Object.values(more).filter((link) => link !== join(bin, "skep-runner-told")),
        [],
      );
      assert.deepEqual(names, Object.keys({ ...env, ...SECOND }).toSorted());
    });
  });
}
