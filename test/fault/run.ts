/**
 * `npm run test:fault -- [--full] [--count N] [--minutes N] [--seed N] [--doc] [--keep] [-v] [scenario…]`: real processes, the compiled binary, real
 * files. Each scenario says how often its fault must really happen, and fails if that was too seldom.
 *
 * The short form is a part of `npm test`. `--doc` puts the figures of this run into docs/reliability.md;
 * `--keep` leaves the files that a scenario made, for somebody who looks for what went wrong.
 */
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { reasonOf } from "../../src/errors.ts";
import { type Figures, FOLDER, verdict, writeFigures, writeTable } from "./figures.ts";
import type { Scenario } from "./scenario.ts";
import { type OpenStage, openStage } from "./stage.ts";

const { values: flags, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    full: { type: "boolean", default: false },
    count: { type: "string" },
    minutes: { type: "string" }, // of each scenario
    seed: { type: "string", default: "20261123" },
    doc: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
    verbose: { type: "boolean", short: "v", default: false },
  },
});

/** The files beside this one that export a scenario, by name. */
async function findScenarios(): Promise<Scenario[]> {
  const found: Scenario[] = [];
  for (const file of readdirSync("test/fault").toSorted()) {
    if (!file.endsWith(".ts") || file.endsWith(".test.ts") || file === "run.ts") continue;
    const { scenario } = (await import(resolve("test/fault", file))) as { scenario?: Scenario };
    if (scenario === undefined) continue;
    if (`${scenario.name}.ts` !== file) throw new Error(`${file} calls its scenario ${scenario.name}`);
    found.push(scenario);
  }
  return found;
}

let open: OpenStage | undefined;

async function play(scenario: Scenario): Promise<Figures> {
  const { name } = scenario;
  const count = flags.count === undefined ? (flags.full ? scenario.full : scenario.short) : Number(flags.count);
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  const skipped = scenario.skip?.();
  const none = { name, full: flags.full, done: 0, happened: 0, failures: [] };
  if (skipped !== undefined) return { ...none, skipped, seconds: 0 };
  const log = (text: string): void => {
    if (flags.verbose) console.error(`  ${name} ${seconds().toFixed(1)} s: ${text}`);
  };
  const minutes = flags.minutes === undefined ? {} : { minutes: Number(flags.minutes) };
  const stage = openStage({ count, full: flags.full, seed: Number(flags.seed), log, ...minutes });
  open = stage;
  try {
    return { ...none, ...(await scenario.run(stage)), seconds: seconds() };
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : reasonOf(error);
    return { ...none, failures: [why], seconds: seconds() };
  } finally {
    await stage.close(flags.keep);
    open = undefined;
  }
}

const SHOWN = 10;
function tell(scenario: Scenario, figures: Figures): boolean {
  const { name, what, counted, happening } = scenario;
  const { skipped, done, happened, failures, seconds, notes = {} } = figures;
  if (skipped !== undefined) {
    console.log(`${name}: skipped: ${skipped}`);
    return true;
  }
  const why = verdict(scenario, figures);
  const more = Object.entries(notes).map(([key, value]) => `, ${value} ${key}`);
  const sum = `${done} ${counted}, ${happened} ${happening}${more.join("")}, ${failures.length} failed`;
  console.log(`${name}: ${what}: ${sum} (${seconds.toFixed(1)} s)${why === undefined ? "" : `: FAILED, ${why}`}`);
  for (const failure of failures.slice(0, SHOWN)) console.log(`  ${failure}`);
  if (failures.length > SHOWN) console.log(`  and ${failures.length - SHOWN} more, in ${FOLDER}`);
  return why === undefined;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    console.error(`${signal}: what was started is ended`);
    void (open?.close(false) ?? Promise.resolve()).finally(() => process.exit(130));
  });
}

const all = await findScenarios();
const unknown = wanted.filter((name) => !all.some((scenario) => scenario.name === name));
const names = all.map(({ name }) => name).join(" ");
if (unknown.length > 0) throw new Error(`no scenario ${unknown.join(" ")}: there are ${names}`);
const chosen = all.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const ran: [Scenario, Figures][] = [];
let failed = 0;
for (const scenario of chosen) {
  const figures = await play(scenario);
  writeFigures(figures);
  if (!tell(scenario, figures)) failed += 1;
  if (figures.skipped === undefined) ran.push([scenario, figures]);
}
if (flags.doc) writeTable(ran);
console.log(`${ran.length - failed} scenarios held, ${failed} failed, ${chosen.length - ran.length} skipped`);
process.exitCode = failed === 0 ? 0 : 1;
