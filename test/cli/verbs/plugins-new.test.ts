import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { ended, openSandbox, type Ran, type Sandbox } from "../../sandbox.ts";

let box: Sandbox;
before(() => {
  box = openSandbox();
});
after(() => box.close());

const work = (...names: readonly string[]): string => join(box.folder, "work", ...names);
const BIN = resolve("node_modules/.bin");
const UNDER_NODE = /^node\b/.test(process.env["SKEP_UNDER_TEST"] ?? "");

/** Makes skep, as it was built, a package of the folder, and runs a program there. */
function runIn(folder: string, program: string, ...args: readonly string[]): Promise<Ran> {
  const env = { ...box.env, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
  return ended(spawn(program, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] }));
}
function linkSkep(folder: string): void {
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(resolve("."), join(folder, "node_modules", "skep"));
}

describe("a plugin from the template", () => {
  for (const [ending, flags] of [
    ["mjs", []],
    ["ts", ["--ts"]],
  ] as const) {
    const name = `my-${ending}`;

    test(`in .${ending} is written whole, its path told and what comes next`, async () => {
      const ran = await box.run(["plugins", "new", name, ...flags]);
      assert.deepEqual([ran.code, ran.stdout], [0, `${work(name)}\n`]);
      assert.match(ran.stderr, new RegExp(`skep plugins test ${name} .*\\n.*skep spawn -w .* -r ${name} hello\\n`));
      assert.deepEqual(readdirSync(work(name)).toSorted(), [
        "first.jsonl",
        "first.jsonl.expected.json",
        ...[`index.${ending}`, `index.test.${ending}`].toSorted(),
        "package.json",
      ]);
      assert.ok(readFileSync(work(name, `index.${ending}`), "utf8").split("\n").length <= 50);
    });

    const skip = UNDER_NODE && ending === "ts" ? "Node 20 reads no TypeScript" : false;
    test(`in .${ending} comes to its pinned state, and runs as it stands`, { skip }, async () => {
      const plugin = ["--plugin", work(name, `index.${ending}`)];
      const folded = await box.run(["plugins", "test", name, work(name, "first.jsonl"), ...plugin]);
      assert.equal(folded.code, 0, folded.stderr);
      assert.match(folded.stderr, /as it is pinned/);
      const ran = await box.run(["spawn", "-w", ...plugin, "-r", name, "-m", "some", "it's $HOME; 日本"]);
      assert.deepEqual([ran.code, ran.stdout], [0, "it's $HOME; 日本\n"], ran.stderr);
    });

    test(`in .${ending} type-checks against the declarations of the package, as strictly as can be`, async () => {
      linkSkep(work(name));
      const options = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noEmit: true };
      const modules = {
        module: "NodeNext",
        target: "ES2023",
        types: [],
        skipLibCheck: true,
        allowJs: true,
        checkJs: true,
      };
      const config = { compilerOptions: { ...options, ...modules }, files: [`index.${ending}`] };
      writeFileSync(work(name, "tsconfig.json"), JSON.stringify(config));
      const ran = await runIn(work(name), join(BIN, "tsc"), "-p", ".");
      assert.deepEqual([ran.code, ran.stdout], [0, ""]);
    });

    test(`in .${ending} passes its own test under every runtime that reads it`, async () => {
      const file = `./index.test.${ending}`;
      const runs: Record<string, Promise<Ran>> = {
        bun: runIn(work(name), join(BIN, "bun"), "test", file),
        deno: runIn(work(name), join(BIN, "deno"), "test", "-A", "--no-check", "--no-lock", "--no-remote", file),
        ...(ending === "mjs" ? { node: runIn(work(name), "node", "--test", file) } : {}),
      };
      for (const [runtime, running] of Object.entries(runs)) {
        const ran = await running;
        assert.equal(ran.code, 0, `${runtime}: ${ran.stdout}${ran.stderr}`);
        assert.match(ran.stdout + ran.stderr, /transcript first\.jsonl folds to its pinned state/, runtime);
      }
    });
  }

  test("that is broken fails its test, which says why", async () => {
    const path = work("my-mjs", "index.mjs");
    writeFileSync(path, readFileSync(path, "utf8").replace("isText(text) ?", "true ?"));
    const ran = await runIn(work("my-mjs"), "node", "--test", "index.test.mjs");
    assert.equal(ran.code, 1);
    assert.match(ran.stdout, /10,000 damaged lines[^]*"kind":"message"[^]*for the line/);
  });
});

test("a folder that is there is left as it is, and a name that is none is refused", async () => {
  mkdirSync(work("there"));
  const ran = await box.run(["plugins", "new", "there"]);
  assert.deepEqual([ran.code, ran.stdout], [2, ""]);
  assert.match(ran.stderr, /^skep: .*there is there already/);
  assert.deepEqual(readdirSync(work("there")), []);
  for (const name of ["../x", "a/b", "A", "", "x".repeat(65), '"', "-x"]) {
    const refused = await box.run(["plugins", "new", "--", name]);
    assert.equal(refused.code, 2, name);
  }
});

test("--json tells the path and the files", async () => {
  const ran = await box.run(["plugins", "new", "told", "--json"]);
  const told: unknown = JSON.parse(ran.stdout);
  assert.deepEqual(told, {
    path: work("told"),
    files: ["index.mjs", "index.test.mjs", "first.jsonl", "first.jsonl.expected.json", "package.json"],
  });
});
