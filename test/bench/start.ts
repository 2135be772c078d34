/** What a start costs, against an empty program that is compiled in the same way. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Measure, ms, ratio } from "./bench.ts";
import { compare, costOf } from "./measure.ts";

export const measure: Measure = {
  name: "start",
  title: "start, CPU",
  async run({ skep, folder, rounds, short }) {
    const source = join(folder, "empty.ts");
    const empty = join(folder, "empty");
    writeFileSync(source, "");
    const flags = ["--compile", "--bytecode", "--format=esm", "--minify", `--outfile=${empty}`];
    await costOf([process.execPath, "build", ...flags, source]);
    const root = join(folder, "no-root");
    const costs = await compare(
      {
        empty: () => costOf([empty]),
        version: () => costOf([skep, "--version"]),
        ls: () => costOf([skep, "ls", "--root", root]),
      },
      short ? 2 : rounds * 4,
    );
    const row = (shape: string, cpu: number): { shape: string; seen: string; must: string; reached: boolean } => ({
      shape,
      seen: `${ms(cpu)}; ${ratio(cpu, costs.empty.cpu)} of the empty program's ${ms(costs.empty.cpu)}`,
      must: "under 1.5x",
      reached: cpu < 1.5 * costs.empty.cpu,
    });
    return [row("`--version`", costs.version.cpu), row("`ls` on an empty root", costs.ls.cpu)];
  },
};
