/**
 * `npm run bench [-- --short] [--doc] [measure…]`: the compiled binary, real files and processes, in one run with what users
 * would otherwise have. Prints a table and writes bench.json; `--doc` puts the table into docs/performance.md. Only a wrong
 * answer fails it, never a time.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, release, tmpdir, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { BenchStage, Measure, Row } from "./bench.ts";
import { which } from "./measure.ts";

const { values: flags, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { short: { type: "boolean", default: false }, doc: { type: "boolean", default: false } },
});
const DOC = "docs/performance.md";

async function findMeasures(): Promise<Measure[]> {
  const found: Measure[] = [];
  for (const file of readdirSync("test/bench")
    .filter((name) => name.endsWith(".ts") && name !== "run.ts")
    .toSorted()) {
    const { measure } = (await import(resolve("test/bench", file))) as { measure?: Measure };
    if (measure !== undefined) found.push(measure);
  }
  for (const name of wanted.filter((one) => !found.some((measure) => measure.name === one)))
    throw new Error(`no measure is called ${name}; there are ${found.map((one) => one.name).join(", ")}`);
  return wanted.length === 0 ? found : found.filter(({ name }) => wanted.includes(name));
}

/** The reload of skep's forerunner, in Go. */
async function buildBaseline(folder: string): Promise<string | undefined> {
  if (which("go") === undefined) return undefined;
  const path = join(folder, "baseline");
  const env = { ...process.env, GOCACHE: join(folder, "go"), GOFLAGS: "-mod=mod", GOTOOLCHAIN: "local" };
  const build = Bun.spawn(["go", "build", "-o", path, "."], { cwd: "test/bench/baseline", env, stderr: "inherit" });
  if ((await build.exited) !== 0) throw new Error("the baseline does not build");
  return path;
}

const line = (title: string, { shape, seen, must, reached }: Row): string =>
  `| ${title}: ${shape} | ${seen} | ${must} | ${reached === undefined ? "" : reached ? "yes" : "**no**"} |`;

const skep = resolve("dist/skep");
if (!existsSync(skep)) throw new Error("dist/skep is not built: npm run build");
const folder = mkdtempSync(join(tmpdir(), "skep-bench-"));
const faults: string[] = [];
const results: { readonly measure: string; readonly rows: readonly Row[] }[] = [];
const lines: string[] = [];
try {
  const stage: BenchStage = {
    skep,
    folder,
    short: flags.short,
    rounds: flags.short ? 1 : 5,
    baseline: await buildBaseline(folder),
    wrong: (what) => void faults.push(what),
    log: (text) => console.error(`  ${text}`),
  };
  console.log("| measure | seen | must reach | reached |\n|---|---|---|---|");
  for (const { name, title, run } of await findMeasures()) {
    const rows = await run(stage);
    results.push({ measure: name, rows });
    for (const row of rows) {
      lines.push(line(title, row));
      console.log(lines.at(-1));
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const machine = `${cpus().length} x ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}`;
writeFileSync("bench.json", `${JSON.stringify({ machine, short: flags.short, results, faults }, undefined, 2)}\n`);
if (flags.doc) {
  const text = readFileSync(DOC, "utf8");
  const table = ["| measure | seen | must reach | reached |", "|---|---|---|---|", ...lines].join("\n");
  const fresh = `<!-- table -->\n\n${machine}; ${new Date().toISOString().slice(0, 10)}.\n\n${table}\n\n<!-- /table -->`;
  writeFileSync(
    DOC,
    text.replace(/<!-- table -->[\s\S]*<!-- \/table -->/, () => fresh),
  );
}
for (const fault of faults) console.log(`wrong: ${fault}`);
process.exitCode = faults.length === 0 ? 0 : 1;
