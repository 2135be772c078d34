/** Plugin files as the program takes them: what they may import, whose they are, and what is trusted. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import type { Ran } from "../../sandbox.ts";
import { openCli } from "./harness.ts";

const cli = openCli();
const { box, skep, ok } = cli;
const UNDER_TEST = process.env["SKEP_UNDER_TEST"];

function write(path: string, text: string): string {
  const whole = join(box.folder, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, text);
  return whole;
}
/** A package that says where it lies, and leaves a file behind when it runs. */
function writePackage(at: string, name: string, main = "./lib/it.js"): void {
  const ran = join(box.folder, at, "ran");
  write(`${at}/node_modules/${name}/package.json`, JSON.stringify({ name, type: "module", exports: main }));
  write(
    `${at}/node_modules/${name}/lib/it.js`,
    `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(ran)}, ""); export const who = "${at}";`,
  );
}
const shows = (expression: string, above = ""): string =>
  `${above}\nexport default { name: "it", version: "1.0.0", api: 1,
     renderers: [{ name: "it", output: "text", render: () => ${expression} + "\\n" }] };`;

describe("what a plugin imports", () => {
  const IMPORTS = 'import { who } from "its-dep";';
  // All that a folder which somebody else filled might try.
  const hostile = join(box.folder, "hostile");
  for (const name of ["its-dep", "skep", "valibot", "consola"]) writePackage("hostile", name);
  write(
    "hostile/evil.js",
    `require("fs").writeFileSync(${JSON.stringify(join(hostile, "ran"))}, ""); exports.who = "hostile";`,
  );
  const imports = { "its-dep": "./evil.js", "node:fs": "./evil.js", skep: "./evil.js" };
  write("hostile/package.json", JSON.stringify({ name: "hostile", imports, browser: imports, exports: "./evil.js" }));
  write("hostile/tsconfig.json", '{"compilerOptions":{"baseUrl":".","paths":{"*":["./evil.js"]}}}');
  write("hostile/bunfig.toml", UNDER_TEST === undefined ? 'preload = ["./evil.js"]' : "");
  write("hostile/.env", "BUN_OPTIONS=--preload=./evil.js\n");

  test("comes from its own node_modules, also through a link, and in the current folder nothing runs", async () => {
    writePackage("own", "its-dep");
    const path = write("own/p.mjs", shows("who", IMPORTS));
    symlinkSync(path, join(hostile, "link.mjs"));
    for (const given of [path, "../own/p.mjs", "link.mjs"]) {
      const ran = await skep(["--plugin", given, "ls", "-o", "it"], { cwd: hostile });
      assert.deepEqual([ran.code, ran.stdout, ran.stderr], [0, "own\n", ""], given);
    }
    assert.ok(!existsSync(join(hostile, "ran")));
  });

  test("is never found in the current folder nor in skep's own", async () => {
    const lacking = write("lacking/p.mjs", shows("who", IMPORTS));
    const skeps = write("lacking/q.mjs", shows("typeof string", 'import { string } from "valibot";'));
    for (const path of [lacking, skeps]) {
      const ran = await skep(["--plugin", path, "ls", "-o", "it"], { cwd: hostile });
      assert.deepEqual([ran.code, ran.stdout], [6, ""], ran.stderr);
      assert.match(ran.stderr, /(its-dep|valibot)/);
    }
    assert.ok(!existsSync(join(hostile, "ran")));
  });

  const skip =
    UNDER_TEST === undefined ? false : "skipped: the binary alone has a skep to offer, and refuses NODE_PATH";
  test('of "skep" is the whole library in the binary', { skip }, async () => {
    const text = shows(
      "Object.keys(all).join()",
      'import { definePlugin } from "skep"; import * as all from "skep"; definePlugin;',
    );
    const path = write("values.ts", text);
    const seen = await skep(["--plugin", path, "ls", "-o", "it"], { cwd: hostile });
    assert.equal(seen.stdout, "SkepError,definePlugin,isSettled,openSwarm,waitFor\n", seen.stderr);
  });

  test("is not sought in a NODE_PATH that depends on the current folder", { skip }, async () => {
    const path = join(box.folder, "lacking/p.mjs");
    const ran = await skep(["--plugin", path, "ls"], { cwd: hostile, env: { NODE_PATH: "/usr/lib:node_modules" } });
    assert.equal(ran.code, 2);
    assert.match(ran.stderr, /^skep: NODE_PATH is set, .*\(unset NODE_PATH\)\n$/);
    assert.ok(!existsSync(join(hostile, "ran")));
  });
});

test("what a plugin prints by itself is no part of a result", async () => {
  const path = write("noisy.mjs", shows('"shown"', 'console.log("noise"); console.info("more");'));
  const ran = await skep(["--plugin", path, "ls", "-o", "it"]);
  assert.deepEqual([ran.stdout, ran.stderr], ["shown\n", "noise\nmore\n"]);
  assert.deepEqual(JSON.parse(await ok("--plugin", path, "ls", "--json")), []);
});

describe("a project's plugins", () => {
  const project = join(box.folder, "project");
  const config = (more: object = {}): string =>
    write("project/skep.json", JSON.stringify({ plugins: [{ path: "p.mjs", options: { word: "hi" } }], ...more }));
  const plugin = (says: string): string =>
    write(
      "project/p.mjs",
      `export default ({ options }) => { ${says} return {
     name: "ours", version: "1.0.0", api: 1,
     runners: [{ name: "ours", turns: "none", output: "text", launch: () => ({ argv: ["echo", options.word] }) }] }; };`,
    );
  const inProject = (...args: readonly string[]): Promise<Ran> => skep(args, { cwd: project });
  const runs = (...more: readonly string[]): Promise<Ran> => inProject(...more, "spawn", "-w", "-r", "ours", "task");

  test("run once they are trusted, from any folder of it, and --no-plugins leaves them out", async () => {
    config();
    plugin("");
    mkdirSync(join(project, "deep"));
    const refused = await runs();
    assert.equal(refused.code, 6);
    assert.match(
      refused.stderr,
      /project\/skep\.json is not trusted, or has changed \(read it, then: skep plugins trust /,
    );
    assert.equal((await inProject("ls", "-q")).code, 0, "and reading verbs go on");
    assert.match((await inProject("plugins")).stderr, /skep\.json is not trusted, or has changed/);
    const trusted = await inProject("plugins", "trust");
    assert.deepEqual([trusted.code, trusted.stdout], [0, `${project}/skep.json\n${project}/p.mjs\n`]);
    assert.equal((await runs()).stdout, "hi\n");
    assert.equal((await skep(["spawn", "-w", "-r", "ours", "x"], { cwd: join(project, "deep") })).stdout, "hi\n");
    assert.match(
      (await inProject("plugins")).stdout,
      /^ours 1\.0\.0 {2}project \S+project\/p\.mjs \w{12} {2}runner ours$/m,
    );
    assert.equal((await runs("--no-plugins")).code, 2, "nobody knows the runner then");
  });

  test("are asked about again when they, or the config, have changed, and do not run until then", async () => {
    const ran = join(box.folder, "project-ran");
    plugin(`process.getBuiltinModule("node:fs").writeFileSync(${JSON.stringify(ran)}, "");`);
    assert.equal((await runs()).code, 6);
    assert.equal((await inProject("ls", "-q")).code, 0);
    assert.ok(!existsSync(ran));
    plugin("");
    assert.equal((await runs()).code, 0, "what was trusted is so again");
    config({ runners: { more: { use: "exec", argv: ["true"] } } });
    assert.equal((await runs()).code, 6);
    assert.equal((await inProject("plugins", "trust")).code, 0);
    assert.equal((await runs()).code, 0);
  });

  test("of a copy elsewhere are not trusted: the place counts", async () => {
    for (const name of ["skep.json", "p.mjs"]) write(`copy/${name}`, readFileSync(join(project, name), "utf8"));
    assert.equal((await skep(["spawn", "-w", "-r", "ours", "x"], { cwd: join(box.folder, "copy") })).code, 6);
  });
});
