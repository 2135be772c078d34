/** Plugin files as each runtime takes them: the forms, what they import, and what is changed while they are read. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { SkepError } from "../../src/errors.ts";
import { loadPluginFile, readSource } from "../../src/swarm/load-plugin-file.ts";
import type { PluginFile } from "../../src/swarm/plugin-file.ts";

const folder = mkdtempSync(join(tmpdir(), "skep-plugins-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string): string {
  const whole = join(folder, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, text);
  return whole;
}
function writePackage(at: string, name: string, text: string): void {
  write(`${at}/node_modules/${name}/package.json`, JSON.stringify({ name, type: "module", exports: "./lib/it.js" }));
  write(`${at}/node_modules/${name}/lib/it.js`, text);
}
const plugin = (name: string): string => `{ name: ${name}, version: "1.0.0", api: 1 }`;
const load = async (path: string, more: Partial<PluginFile> = {}): Promise<string> =>
  (await loadPluginFile({ path, from: "flag", ...more }, assert.fail)).plugin.name;
const IS_NODE = !("Bun" in globalThis || "Deno" in globalThis);

describe("a plugin file", () => {
  test("is an object, or a function of its options and tools, also one that takes its time", async () => {
    assert.equal(await load(write("object.mjs", `export default ${plugin('"object"')};`)), "object");
    const made = write("made.mjs", `export default async (api) => (${plugin("api.options.name")});`);
    assert.equal(await load(made, { options: { name: "made" } }), "made");
    const said: string[] = [];
    const talks = write(
      "talks.mjs",
      `export default (api) => { api.log.info("hello"); return ${plugin('"talks"')}; };`,
    );
    await loadPluginFile({ path: talks, from: "flag" }, (text) => void said.push(text));
    assert.deepEqual(said, [`${talks}: hello`]);
  });

  test("in TypeScript is read where the runtime reads it, with types of skep, and the error elsewhere says so", async () => {
    const path = write(
      "typed.ts",
      `import type { Plugin } from "skep";
       enum Name { it = "typed" }
       const plugin: Plugin = ${plugin("Name.it")};
       export default plugin;`,
    );
    if (!IS_NODE) return assert.equal(await load(path), "typed");
    await assert.rejects(load(path), (error) => {
      assert.ok(error instanceof SkepError);
      assert.match(`${error.message} ${error.hint}`, /typed\.ts: Node cannot read TypeScript write it as \.mjs/);
      return true;
    });
  });

  test("imports what lies beside it and in its own node_modules, by its real path", async () => {
    writePackage("own", "dep-of-own", 'export const who = "own";');
    write("own/beside.mjs", 'export { who } from "dep-of-own";');
    const path = write("own/p.mjs", `import { who } from "./beside.mjs";\nexport default ${plugin("who")};`);
    assert.equal(await load(path), "own");
    const link = join(folder, "elsewhere", "link.mjs");
    writePackage("elsewhere", "dep-of-own", 'export const who = "elsewhere";');
    symlinkSync(path, link);
    assert.equal(await load(link), "own");
  });

  test("finds no package of skep's own", async () => {
    for (const name of ["valibot", "hookable", "consola"]) {
      const path = write(`bare/${name}.mjs`, `import * as all from "${name}";\nexport default ${plugin('"bare"')};`);
      await assert.rejects(load(path), { message: new RegExp(name) });
    }
  });

  test("that could not be loaded is tried again: what was missing may be there now", async () => {
    const path = write("late/p.mjs", `import { who } from "dep-late";\nexport default ${plugin("who")};`);
    await assert.rejects(load(path), (error) => error instanceof Error && !error.message.includes("?skep="));
    writePackage("late", "dep-late", 'export const who = "late";');
    // Node and Deno keep for good what they did not find in a folder.
    if ("Bun" in globalThis) assert.equal(await load(path), "late");
  });

  test("that was edited is a new module", async () => {
    const path = write("edited.mjs", `export default ${plugin('"first"')};`);
    assert.equal(await load(path), "first");
    write("edited.mjs", `export default ${plugin('"second"')};`);
    assert.equal(await load(path), "second");
    write("edited.mjs", `export default ${plugin('"first"')};`);
    assert.equal(await load(path), "first");
  });

  test("runs as it was when it was checked, though it is swapped before it is imported", async () => {
    for (const ending of IS_NODE ? ["mjs", "js"] : ["mjs", "js", "ts"]) {
      write(`swapped/package.json`, '{"type":"module"}');
      const path = write(`swapped/p.${ending}`, `export default ${plugin('"checked"')};`);
      const source = readSource(path);
      write(`swapped/p.${ending}`, `globalThis.swapped = true;\nexport default ${plugin('"swapped"')};`);
      const { plugin: loaded } = await loadPluginFile(
        { path, from: "project", hash: source.hash },
        assert.fail,
        source,
      );
      assert.equal(loaded.name, "checked", ending);
      assert.ok(!("swapped" in globalThis), ending);
    }
  });

  test("that is not what was trusted does not run", async () => {
    const path = write("trusted.mjs", `export default ${plugin('"trusted"')};`);
    const { hash } = readSource(path);
    assert.equal(await load(path, { hash }), "trusted");
    write("trusted.mjs", `globalThis.changed = true;\nexport default ${plugin('"changed"')};`);
    await assert.rejects(load(path, { hash }), {
      code: "plugin",
      message: /trusted\.mjs has changed since it was trusted/,
    });
    assert.ok(!("changed" in globalThis));
  });
});
