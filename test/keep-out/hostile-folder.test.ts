/** A current folder that somebody else filled, and an environment that Bun would listen to: no line of theirs runs in skep. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { beforeEach, describe, test } from "node:test";
import { readRecord } from "../../src/supervisor/start.ts";
import { openCli } from "../cli/verbs/harness.ts";
import { ended, type Ran } from "../sandbox.ts";

const cli = openCli();
const { box, skep } = cli;
const hostile = join(box.folder, "hostile");
const witness = join(box.folder, "witness");
const skip = process.env["SKEP_UNDER_TEST"] === undefined ? false : "skipped: the binary alone is shut in so";

const write = (name: string, text: string, mode = 0o644): void => {
  const path = join(hostile, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode });
};
/** A line that tells on itself when it runs. */
const evil = (name: string): string =>
  `require("node:fs").appendFileSync(${JSON.stringify(witness)}, ${JSON.stringify(`${name}\n`)});`;
const ran = (): readonly string[] =>
  existsSync(witness) ? [...new Set(readFileSync(witness, "utf8").trim().split("\n"))].toSorted() : [];

const PACKAGES = ["valibot", "consola", "hookable", "skep", "bun"];
const TOOLS = ["bash", "sh", "setsid", "tail", "mkfifo", "sleep", "rm", "flock", "perl", "systemd-run", "node", "bun"];
const VERBS: readonly (readonly string[])[] = [
  ["ls"],
  ["spawn", "-w", "--", "/bin/true"],
  ["spawn", "-w", "--keep", "-r", "demo", "hi"],
  ["send", "-w", "@last", "again"],
  ["show", "@last"],
  ["logs", "@last"],
  ["reload"],
  ["doctor"],
  ["plugins"],
  ["stop", "@last"],
  ["resume", "@last"],
  ["supervisor", "restart"],
  ["stop", "--all", "-y"],
  ["help", "spawn"],
];

for (const name of ["preload", "by-options", "by-tsconfig", "by-imports"]) write(`${name}.js`, evil(name));
write("bunfig.toml", 'preload = ["./preload.js"]\n[run]\nsilent = true\n');
for (const name of [".env", ".env.local", ".env.production", ".env.development"])
  write(name, `FROM_DOTENV=${name}\nSKEP_ROOT=${hostile}\nBUN_OPTIONS=--preload=./by-options.js\n`);
for (const name of ["tsconfig.json", "jsconfig.json"])
  write(name, '{"compilerOptions":{"baseUrl":".","paths":{"consola":["./by-tsconfig.js"],"@x":["./by-tsconfig.js"]}}}');
const imports = Object.fromEntries(["#x", ...PACKAGES].map((name) => [name, "./by-imports.js"]));
write(
  "package.json",
  JSON.stringify({ name: "skep", type: "commonjs", imports, browser: imports, main: "preload.js" }),
);
for (const name of PACKAGES) {
  write(`node_modules/${name}/package.json`, JSON.stringify({ name, main: "it.js" }));
  write(`node_modules/${name}/it.js`, evil(`node_modules/${name}`));
}
for (const name of TOOLS) write(name, `#!/bin/sh\necho ${name} >>'${witness}'\n`, 0o755);
for (const name of ["ls", "spawn", "supervisor", "skep", "index"]) write(`${name}.ts`, evil(`${name}.ts`));
write("skep.json", JSON.stringify({ plugins: ["plugin.mjs"], runners: { theirs: { use: "exec", argv: ["./sh"] } } }));
write("plugin.mjs", `process.getBuiltinModule("node:fs").appendFileSync(${JSON.stringify(witness)}, "plugin\\n");`);

const inFolder = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> =>
  skep(args, { cwd: hostile, env });
/** The same binary as the Bun that it holds: what the folder and the variables do where nobody keeps them out. */
const asBun = (script: string, env: Readonly<Record<string, string>> = {}): Promise<Ran> => {
  write("victim.js", script);
  const all = { ...box.env, ...env, BUN_BE_BUN: "1" };
  return ended(
    spawn(resolve("dist/skep"), ["victim.js"], { cwd: hostile, env: all, stdio: ["ignore", "pipe", "pipe"] }),
  );
};
const stop = (): Promise<Ran> => skep(["supervisor", "stop"]);

beforeEach(async () => {
  await stop();
  rmSync(witness, { force: true });
});

describe("a hostile current folder", { skip }, () => {
  test("is one: Bun itself runs what lies there, and BUN_BE_BUN=1 makes the binary Bun", async () => {
    const names = ["consola", "#x", "valibot"];
    const { stdout } = await asBun(
      `for (const name of ${JSON.stringify(names)}) require(name); console.log(process.env.FROM_DOTENV);`,
    );
    assert.equal(stdout, ".env.local\n");
    assert.deepEqual(ran(), ["by-imports", "by-tsconfig", "node_modules/valibot", "preload"]);
  });

  test("has no line of it run by a verb, by the supervisor that it starts, or by its agents' shims", async () => {
    const env = { PATH: `.::${box.env["PATH"]}` };
    for (const verb of VERBS) {
      const { code, stderr } = await inFolder(verb, env);
      assert.equal(code, 0, `skep ${verb.join(" ")}: ${stderr}`);
      assert.deepEqual(ran(), [], verb.join(" "));
    }
    assert.ok(!existsSync(join(hostile, "agents")), "the root of .env is not the root");
  });

  test("is not the supervisor's, whose environment is the caller's without skep's own", async () => {
    await inFolder(["supervisor", "start"], { CALLER: "here", SKEP_AGENT_ID: "x", SKEP_SESSION: "y" });
    const { pid = 0 } = readRecord(box.root) ?? {};
    assert.equal(readlinkSync(`/proc/${pid}/cwd`), "/");
    const given = Object.entries({ ...box.env, CALLER: "here" }).filter(([name]) => name !== "SKEP_ROOT");
    const seen = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").filter(Boolean).toSorted();
    assert.deepEqual(seen, given.map((pair) => pair.join("=")).toSorted());
  });

  test("has a skep.json that counts for nothing until it is trusted", async () => {
    assert.equal((await inFolder(["ls"])).code, 0);
    const { code, stderr } = await inFolder(["spawn", "-r", "theirs", "x"]);
    assert.equal(code, 6);
    assert.match(stderr, /hostile\/skep\.json is not trusted/);
    assert.deepEqual(ran(), []);
  });
});

describe("a variable that Bun listens to", { skip }, () => {
  const OPTIONS = ["--preload=./by-options.js", "-r ./by-options.js", "--import ./by-options.js"];
  const before = readdirSync(hostile);
  /** Refused with this reason, and nothing was begun. */
  const refused = async (env: Readonly<Record<string, string>>, name: string): Promise<void> => {
    for (const verb of [["spawn", "--", "/bin/true"], ["supervisor", "run"], ["ls"]]) {
      const { code, stdout, stderr } = await inFolder(verb, env);
      assert.deepEqual([code, stdout], [2, ""], `${name}: ${stderr}`);
      assert.match(stderr, new RegExp(`^skep: ${name} is set, with which .* \\(unset ${name}\\)\\n$`));
    }
    assert.equal((await stop()).code, 5, "no supervisor was started");
  };

  for (const options of OPTIONS)
    test(`is refused before a line of it runs: BUN_OPTIONS=${options}`, async () => {
      await refused({ BUN_OPTIONS: options }, "BUN_OPTIONS");
      assert.deepEqual(ran(), []);
      await asBun("", { BUN_OPTIONS: options });
      assert.ok(ran().includes("by-options"), "Bun itself does run it");
    });

  for (const options of ["--config=./bunfig.toml", "--env-file=.env", "--version", "--inspect-brk", "-i", "--cwd=.."])
    test(`is refused and changes nothing: BUN_OPTIONS=${options}`, async () => {
      await refused({ BUN_OPTIONS: options }, "BUN_OPTIONS");
      assert.deepEqual(ran(), []);
    });

  for (const name of ["NODE_PATH", "BUN_RUNTIME_TRANSPILER_CACHE_PATH", "XDG_CACHE_HOME", "HOME"])
    test(`is refused when it names a folder of the current one: ${name}`, async () => {
      await refused({ [name]: "node_modules" }, name);
      assert.deepEqual(ran(), []);
      assert.equal((await inFolder(["ls"], { [name]: box.folder })).code, 0);
    });

  // Bun has heard of it by then: its lines may have run, but no verb and no supervisor has.
  for (const name of ["BUN_INSPECT", "BUN_INSPECT_CONNECT_TO", "BUN_INSPECT_PRELOAD"])
    test(`is refused when it brings a debugger and its lines: ${name}`, async () => {
      const value = name === "BUN_INSPECT_PRELOAD" ? "./by-options.js" : `unix://${join(box.folder, "nobody")}`;
      await refused({ [name]: value }, name);
    });

  test("is refused when Bun would end what it started: BUN_FEATURE_FLAG_NO_ORPHANS", async () => {
    await refused({ BUN_FEATURE_FLAG_NO_ORPHANS: "1" }, "BUN_FEATURE_FLAG_NO_ORPHANS");
    assert.equal((await inFolder(["ls"], { BUN_FEATURE_FLAG_NO_ORPHANS: "0" })).code, 0);
  });

  test("does nothing when it is for others: NODE_OPTIONS, NODE_ENV, BUN_INSPECT_NOTIFY", async () => {
    const env = {
      NODE_OPTIONS: "--require ./by-options.js --import ./by-options.js",
      BUN_INSPECT_NOTIFY: `unix://${join(box.folder, "nobody")}`,
      NODE_ENV: "production",
    };
    for (const verb of VERBS.slice(0, 4)) assert.equal((await inFolder(verb, env)).code, 0, verb.join(" "));
    assert.equal((await inFolder(["stop", "--all", "-y"], env)).code, 0);
    assert.deepEqual(ran(), []);
  });

  test("makes nothing in the folder", () => {
    assert.deepEqual(
      readdirSync(hostile).filter((name) => !before.includes(name)),
      ["victim.js"],
    );
  });
});
