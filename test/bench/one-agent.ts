/** One agent: `show` and `logs -n 50` must not depend on how long its log is. */
import { join } from "node:path";
import { mb, type Measure, ms, ratio, type Row } from "./bench.ts";
import { compare, type Cost, costOf } from "./measure.ts";
import { makeRoot } from "./swarm-root.ts";

const EVENTS_OF_A_MEGABYTE = 5_300;

export const measure: Measure = {
  name: "one-agent",
  title: "one agent with a long log",
  async run({ skep, folder, rounds, short, log }) {
    const [small, large] = [join(folder, "small"), join(folder, "large")];
    const factor = short ? 20 : 1_000;
    log(`making a log of ${factor} MB`);
    makeRoot(small, 1, EVENTS_OF_A_MEGABYTE);
    makeRoot(large, 1, EVENTS_OF_A_MEGABYTE * factor);
    for (const root of [small, large]) await costOf([skep, "ls", "--root", root]); // the first look leaves an index
    const ask =
      (root: string, ...verb: readonly string[]): (() => Promise<Cost>) =>
      () =>
        costOf([skep, ...verb, "--root", root, "bench-000000000"]);
    const rows: Row[] = [];
    for (const verb of [["show"], ["logs", "-n", "50"]]) {
      const costs = await compare({ small: ask(small, ...verb), large: ask(large, ...verb) }, rounds);
      rows.push({
        shape: `\`${verb.join(" ")}\`, a log of ${factor} MB`,
        seen: `${ms(costs.large.wall)}, ${mb(costs.large.rss)}; ${ratio(costs.large.wall, costs.small.wall)} of the ${ms(costs.small.wall)} for 1 MB`,
        must: "no more than 1.5x, under 80 MB",
        reached: costs.large.wall <= 1.5 * costs.small.wall && costs.large.rss < 80,
      });
    }
    return rows;
  },
};
