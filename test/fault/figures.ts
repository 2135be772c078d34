/** What runs of the suite have shown: a file for each scenario, and the table of docs/reliability.md. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Outcome, Scenario } from "./scenario.ts";

export const FOLDER = ".cache/fault";
const PAGE = "docs/reliability.md";

export interface Figures extends Outcome {
  readonly name: string;
  readonly full: boolean;
  readonly seconds: number;
  readonly skipped?: string;
}

/** `.cache/fault/<name>.short.json` or `.full.json`: the last run's. */
export function writeFigures(figures: Figures): void {
  mkdirSync(FOLDER, { recursive: true });
  const path = join(FOLDER, `${figures.name}.${figures.full ? "full" : "short"}.json`);
  writeFileSync(path, `${JSON.stringify(figures, undefined, 2)}\n`);
}

/** Why the run failed; `undefined`: it did not. */
export function verdict({ atLeast, happening }: Scenario, { failures, happened, done }: Outcome): string | undefined {
  if (failures.length > 0) return `${failures.length} failed`;
  if (done === 0) return "nothing was done";
  const least = atLeast(done);
  return happened < least ? `too few ${happening}: ${happened} of at least ${least}` : undefined;
}

/** Puts the rows of these scenarios into the table, each in the place of its older one; the other rows stay as they are. */
export function writeTable(ran: readonly (readonly [Scenario, Figures])[]): void {
  const lines = readFileSync(PAGE, "utf8").split("\n");
  for (const [scenario, figures] of ran) {
    const start = `| ${scenario.name} |`;
    const at = lines.findIndex((line) => line.startsWith(start));
    const last = lines.findLastIndex((line) => /^\| [a-z-]+ \|/.test(line));
    if (at !== -1) lines[at] = row(scenario, figures);
    else lines.splice(last + 1, 0, row(scenario, figures));
  }
  writeFileSync(PAGE, lines.join("\n"));
}

function row({ name, what, holds, counted, happening, full }: Scenario, figures: Figures): string {
  const { done, happened, failures, seconds, notes = {} } = figures;
  const more = Object.entries(notes).map(([key, value]) => `, ${value} ${key}`);
  const part = Number.isFinite(full) && done < full ? ` of ${full}` : "";
  const reached = `${done}${part} ${counted}, ${happened} ${happening}${more.join("")}`;
  return `| ${name} | ${what} | ${holds} | ${reached} | ${failures.length} | ${Math.round(seconds)} s |`;
}
