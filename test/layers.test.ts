/** The layer rule, read from the imports themselves: a file imports its own folder and lower layers only. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path/posix";
import { describe, test } from "node:test";
import { readCode, sourceFiles } from "./source-files.ts";

interface Layer {
  readonly files: RegExp;
  readonly below: readonly string[];
  readonly node: "all" | "none" | "not fs";
  readonly packages: readonly string[];
}

const BASE = ["vocabulary", "digest", "disk", "core"];
const SWARM = [...BASE, "store", "process", "swarm"];
const LAYERS: Readonly<Record<string, Layer>> = {
  vocabulary: { files: /^src\/(types|errors|define-plugin|build-info)\.ts$/, below: [], node: "none", packages: [] },
  digest: { files: /^src\/digest\.ts$/, below: [], node: "all", packages: [] },
  disk: { files: /^src\/disk\.ts$/, below: ["vocabulary"], node: "all", packages: [] },
  core: { files: /^src\/core\//, below: ["vocabulary"], node: "none", packages: ["valibot", "hookable"] },
  store: { files: /^src\/store\//, below: BASE, node: "not fs", packages: ["valibot"] },
  process: { files: /^src\/process\//, below: BASE, node: "not fs", packages: ["valibot"] },
  swarm: { files: /^src\/swarm\//, below: SWARM, node: "all", packages: ["valibot"] },
  supervisor: { files: /^src\/supervisor\//, below: SWARM, node: "all", packages: ["valibot"] },
  library: {
    files: /^src\/((index|testing)\.ts$|testing\/)/,
    below: [...SWARM, "supervisor"],
    node: "all",
    packages: ["valibot"],
  },
  cli: {
    files: /^src\/cli\//,
    below: [...SWARM, "supervisor", "library"],
    node: "all",
    packages: ["valibot", "consola"],
  },
  plugins: { files: /^plugins\//, below: [], node: "all", packages: [] },
};

const BUNDLED = "src/swarm/bundled.ts";
/** These alone know skep's own plugins: the list of them, and the start of an agent that lives in the binary. */
const KNOWS_PLUGINS = [BUNDLED, "src/cli/main.ts"];
/** These alone import what is only known at run time: bun:ffi, and the plugins of the user. */
const CHOSEN_AT_RUN_TIME = ["src/store/lock.ts", "src/process/peer-uid.ts", "src/swarm/import-source.ts"];
/** This alone holds the text of plugins, with their imports: what `plugins new` writes. */
const WRITES_PLUGINS = "src/cli/templates.ts";
/** This alone passes disk.ts by: /proc is no place where skep keeps anything. */
const READS_PROC = "src/process/liveness.ts";

interface Import {
  readonly from: string; // a specifier, or the expression that gives it
  readonly typeOnly: boolean;
  readonly lazy: boolean;
}

const STATIC = /(?:^|[;}\n])\s*(?:import|export)\s+(type\b)?(?:[\w$*{}\s,]*?\bfrom\s*)?"([^"]+)"/g;
const BUILT_IN = /\bgetBuiltinModule\(\s*"([^"]*)"/g;
const LAZY = /\bimport\s*\(\s*(?:"([^"]*)"|([^)]*))/g;

function importsOf(path: string): Import[] {
  const text = readFileSync(path, "utf8");
  return [
    ...[...text.matchAll(STATIC)].map(([, type, from = ""]) => ({ from, typeOnly: type !== undefined, lazy: false })),
    ...[...text.matchAll(BUILT_IN)].map(([, from = ""]) => ({ from, typeOnly: false, lazy: true })),
    ...[...text.matchAll(LAZY)].map(([, from, chosen = ""]) => ({ from: from ?? chosen, typeOnly: false, lazy: true })),
  ];
}

const layerOf = (path: string): string =>
  Object.keys(LAYERS).find((name) => LAYERS[name]?.files.test(path)) ?? "nowhere";

/** Why an import breaks the rule; `undefined` when it keeps it. */
function fault(path: string, { from, typeOnly, lazy }: Import): string | undefined {
  const name = layerOf(path);
  const layer = LAYERS[name];
  if (layer === undefined) return "is in no layer";
  const refused = `${name} may not import ${from}`;
  if (from.startsWith("node:")) {
    const allowed = layer.node === "all" || (layer.node === "not fs" && !/^node:fs(\/|$)/.test(from));
    return allowed || path === READS_PROC ? undefined : refused;
  }
  if (from.startsWith(".")) {
    const target = layerOf(join(path, "..", from));
    if (target === name || layer.below.includes(target)) return undefined;
    return KNOWS_PLUGINS.includes(path) && target === "plugins" && lazy ? undefined : refused;
  }
  if (name === "plugins" && from === "skep") return typeOnly ? undefined : "a plugin takes only types from skep";
  if (path === WRITES_PLUGINS && /^skep(\/|$)/.test(from)) return undefined;
  if (lazy && CHOSEN_AT_RUN_TIME.includes(path)) return undefined;
  return layer.packages.includes(from.replace(/\/.*/, "")) ? undefined : refused;
}

describe("the layers", () => {
  test("every file imports its own folder and lower layers only", () => {
    const faults = [...sourceFiles("src"), ...sourceFiles("plugins")].flatMap((path) =>
      importsOf(path)
        .map((found) => fault(path, found))
        .filter((why) => why !== undefined)
        .map((why) => `${path}: ${why}`),
    );
    assert.deepEqual(faults, []);
  });

  test("the core has no clock, no chance and no process of its own", () => {
    const impure =
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\b(process|performance|crypto|console|Bun|Deno)\.|\b(setTimeout|setInterval|setImmediate|fetch)\(/;
    assert.deepEqual(
      sourceFiles("src/core").filter((path) => impure.test(readCode(path))),
      [],
    );
  });

  test("imports of every form are seen, and one that climbs is refused", () => {
    assert.deepEqual(
      importsOf("test/layers.test.ts").map(({ from }) => from),
      ["node:assert/strict", "node:fs", "node:path/posix", "node:test", "./source-files.ts"],
    );
    const has = (path: string, wanted: Import): boolean =>
      importsOf(path).some((found) => JSON.stringify(found) === JSON.stringify(wanted));
    assert.ok(has("src/index.ts", { from: "./types.ts", typeOnly: false, lazy: false }));
    assert.ok(has("src/disk.ts", { from: "node:fs", typeOnly: false, lazy: false }));
    assert.ok(has("plugins/zot/index.ts", { from: "skep", typeOnly: true, lazy: false }));
    assert.ok(has(BUNDLED, { from: "../../plugins/zot/index.ts", typeOnly: false, lazy: true }));
    for (const from of ["node:fs", "../disk.ts", "../swarm/swarm.ts", "../../plugins/zot/index.ts", "consola"]) {
      assert.ok(fault("src/core/reduce.ts", { from, typeOnly: true, lazy: false }), from);
    }
  });
});
