/**
 * Builds what is shipped: `bun build.ts [binary] [lib] [--if-stale]`, all of it when nothing is named.
 *
 *   binary  dist/skep    one file, Bun inside
 *   lib     dist/lib     JavaScript for Node 20, Deno and Bun: the library and the same CLI
 *           dist/types   its declarations
 *
 * `bun build.ts faulty` builds the binary of test/fault/faulty-build.ts, which is never shipped.
 */
import { chmod, readFile, rename, writeFile } from "node:fs/promises";
import { existsSync, statSync } from "node:fs";
import { build as tsup } from "tsup";
import { buildDeclarations } from "./build-declarations.ts";
import manifest from "./package.json" with { type: "json" };

const ENTRY = "src/cli/main.ts";
const BINARY = "dist/skep";

const defines = (build: "binary" | "lib"): Record<string, string> => ({
  SKEP_BUILD: JSON.stringify(build),
  SKEP_VERSION: JSON.stringify(manifest.version),
});

async function buildBinary(outfile: string, plugins: Bun.BunPlugin[] = []): Promise<void> {
  await Bun.build({
    plugins,
    entrypoints: [ENTRY],
    // What lies in the folder that skep is started in is somebody else's: none of it may run in the binary. A package.json
    // is read where something is imported from its folder alone, and plugins' packages cannot be found without theirs.
    compile: {
      outfile,
      autoloadBunfig: false,
      autoloadDotenv: false,
      autoloadTsconfig: false,
      autoloadPackageJson: true,
      // Bun reads the words of BUN_OPTIONS behind these: after -- none of them is an option.
      execArgv: ["--"],
    },
    // Splitting and bytecode keep the start short: a verb loads what it uses. Bytecode of ESM needs the format named.
    target: "bun",
    format: "esm",
    splitting: true,
    bytecode: true,
    minify: true,
    define: defines("binary"),
  });
}

/** One module sees another node:fs: the faults and the trace of the fault suite are in there. Another names the shell. */
const faulty: Bun.BunPlugin = {
  name: "faulty",
  setup(builder) {
    builder.onLoad({ filter: /\/src\/process\/tools\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const given = `const given = process.env["FAULT_SHELL"]; if (given !== undefined) return { path: given, kind: "sh" };`;
      const contents = text.replace("function findShell(): Shell {", (found) => `${found} ${given}`);
      if (contents === text) throw new Error("src/process/tools.ts finds no shell that could be replaced");
      return { contents, loader: "ts" };
    });
    builder.onLoad({ filter: /\/src\/disk\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const contents = text.replace('from "node:fs"', 'from "../test/fault/faulty-fs.ts"');
      if (contents === text) throw new Error("src/disk.ts imports no node:fs that could be replaced");
      return { contents, loader: "ts" };
    });
  },
};

async function buildLibrary(): Promise<void> {
  const entry: Record<string, string> = { index: "src/index.ts", cli: ENTRY };
  if (existsSync("src/testing.ts")) entry["testing"] = "src/testing.ts";
  await tsup({
    config: false,
    silent: true,
    entry,
    outDir: "dist/lib",
    clean: true,
    format: "esm",
    target: "node20",
    splitting: true,
    removeNodeProtocol: false,
    external: [/^bun:/],
    define: defines("lib"),
  });
  // Without the --, Node 20 takes the --env-file of a verb for its own.
  const cli = "dist/lib/cli.js";
  await writeFile(cli, `#!/usr/bin/env -S node --\n${await readFile(cli, "utf8")}`);
  await chmod(cli, 0o755);
}

/** Whether something the binary is made of was changed after it. */
function isStale(): boolean {
  if (!existsSync(BINARY)) return true;
  const built = statSync(BINARY).mtimeMs;
  const sources = [
    "build.ts",
    "package.json",
    "package-lock.json",
    ...new Bun.Glob("{src,plugins}/**/*.ts").scanSync(),
  ];
  return sources.some((path) => statSync(path).mtimeMs > built);
}

const args = process.argv.slice(2);
const unknown = args.filter((arg) => !["binary", "lib", "faulty", "--if-stale"].includes(arg));
if (unknown.length > 0) throw new Error(`build.ts does not know ${unknown.join(" ")}`);
const wanted = (part: string): boolean => args.includes(part) || args.every((arg) => arg.startsWith("--"));
if (wanted("binary") && (isStale() || !args.includes("--if-stale"))) await buildBinary(BINARY);
if (args.includes("faulty")) {
  const made = `.cache/fault/skep-faulty.${process.pid}`; // two tests may want it at once
  await buildBinary(made, [faulty]);
  await rename(made, ".cache/fault/skep-faulty");
}
if (wanted("lib")) {
  buildDeclarations();
  await buildLibrary();
}
