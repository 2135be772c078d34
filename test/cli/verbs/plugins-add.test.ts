/** skep's own plugin folder: what npm puts there, and that nothing else of a package runs. Offline, from folders. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as v from "valibot";
import { openCli } from "./harness.ts";

const cli = openCli();
const { box, skep, ok, fails } = cli;
const ran = join(box.folder, "a-script-ran");
const folder = join(box.folder, "home/.config/skep/plugins");

const script = `node -e "require('fs').writeFileSync('${ran}', '')"`;
const SCRIPTS = Object.fromEntries(
  ["preinstall", "install", "postinstall", "prepare", "preuninstall", "postuninstall"].map((name) => [name, script]),
);
/** A package with every script that npm might run; gives its folder. */
function writePackage(name: string, manifest: object, code: string, file = "index.mjs"): string {
  const path = join(box.folder, "packages", name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "package.json"), JSON.stringify({ name, version: "1.2.3", scripts: SCRIPTS, ...manifest }));
  writeFileSync(join(path, file), code);
  return path;
}
const renders = (name: string): string =>
  `export default { name: "${name}", version: "1.0.0", api: 1, renderers: [{ name: "${name}", output: "data", render: () => "${name}\\n" }] };`;
const listed = (): object =>
  v.parse(
    v.object({ dependencies: v.optional(v.record(v.string(), v.string()), {}) }),
    JSON.parse(readFileSync(join(folder, "package.json"), "utf8")),
  ).dependencies;

test("a package is added and removed by npm, and none of its scripts runs", async () => {
  const path = writePackage(
    "skep-plugin-one",
    { exports: { ".": { types: "./no.d.ts", import: { types: "./no.d.ts", default: "./index.mjs" } } } },
    renders("one"),
  );
  assert.equal(await ok("plugins", "add", path), "one: renderer one");
  assert.equal(await ok("ls", "-o", "one"), "one");
  assert.match(await ok("plugins"), /^one 1\.0\.0 {2}folder \S+skep-plugin-one\/index\.mjs \w{12} {2}renderer one$/m);
  assert.equal((await skep(["--no-plugins", "ls", "-o", "one"])).code, 2);
  assert.match(await fails(6, "plugins", "add", path), /is not added: it was there already/);
  assert.match(await fails(2, "plugins", "rm", "nothing"), /no plugin nothing was added \(added: skep-plugin-one\)/);
  assert.equal(await ok("plugins", "rm", "skep-plugin-one"), "skep-plugin-one");
  assert.equal((await skep(["ls", "-o", "one"])).code, 2);
  assert.ok(!existsSync(ran));
});

test("a packed one too, and it is known by its plugin's name", async () => {
  const path = writePackage("skep-plugin-two", { main: "index.mjs" }, renders("two"));
  const packed = await cli.shell(`cd ${path} && npm pack --silent --ignore-scripts`);
  const tarball = join(path, packed.stdout.trim());
  assert.equal(await ok("plugins", "add", tarball), "two: renderer two");
  assert.ok(existsSync(join(folder, "node_modules/skep-plugin-two/index.mjs")));
  assert.equal(await ok("plugins", "rm", "two"), "skep-plugin-two");
  assert.deepEqual(listed(), {});
  assert.ok(!existsSync(ran));
});

test("one that is no plugin is not kept, and says why", async () => {
  const wrong: readonly (readonly [string, object, string, RegExp])[] = [
    ["throws", { main: "index.mjs" }, 'throw new Error("it broke");', /is not added: it broke$/],
    ["shapeless", { main: "index.mjs" }, "export default 7;", /is not added: .* is not a plugin/],
    ["entryless", { exports: { "./other": "./index.mjs" } }, renders("x"), /is not added: .*entryless has no entry/],
    ["gone", { main: "gone.mjs" }, renders("x"), /is not added: no such file or directory$/],
  ];
  for (const [name, manifest, code, why] of wrong) {
    assert.match(await fails(6, "plugins", "add", writePackage(name, manifest, code)), why);
    assert.deepEqual(listed(), {}, name);
    assert.equal((await skep(["ls", "-q"])).stderr, "", "no verb is warned of it");
  }
  assert.match(await fails(2, "plugins", "add", "./nowhere"), /cannot read \S+nowhere: no such file or folder$/);
  assert.match(
    await fails(6, "plugins", "add", join(box.folder, "packages/throws/index.mjs")),
    /name it in the config/,
  );
  assert.ok(!existsSync(ran));
});

test("one that breaks later stands in nobody's way, and can be removed", async () => {
  const path = writePackage("skep-plugin-later", { main: "index.mjs" }, renders("later"));
  await ok("plugins", "add", path);
  writePackage("skep-plugin-later", { exports: { "./other": "./index.mjs" } }, renders("later"));
  const reads = await skep(["ls", "-q"]);
  assert.deepEqual([reads.code, reads.stdout], [0, ""]);
  assert.match(
    reads.stderr,
    /^skep: warning: plugin \S+skep-plugin-later is not loaded: \S+ has no entry that can be imported\n$/,
  );
  assert.match(await ok("plugins"), /skep-plugin-later .*not loaded: /);
  assert.equal((await skep(["plugins", "rm", "skep-plugin-later"])).code, 0);
  assert.equal((await skep(["ls", "-q"])).stderr, "");
});

test("without npm the error says so, and two with one name are told with both files", async () => {
  const [three, four] = ["three", "four"].map((name) => writePackage(name, { main: "index.mjs" }, renders("same")));
  const bare = await skep(["plugins", "add", three ?? ""], { env: { PATH: "/nowhere" } });
  assert.deepEqual(
    [bare.code, bare.stderr],
    [6, "skep: npm was not found (plugins are installed by npm, which must be on PATH)\n"],
  );
  const both = ["--plugin", three ?? "", "--plugin", four ?? ""];
  assert.match(
    await fails(6, ...both, "ls", "-o", "same"),
    /two plugins supply the renderer same: \S+three\S+ and \S+four\S+ \(load only one of them\)$/,
  );
  assert.equal((await skep([...both, "ls", "-q"])).code, 0);
  assert.match(await ok(...both, "plugins"), /four\/index\.mjs .* \(two plugins supply the renderer same: /);
});
