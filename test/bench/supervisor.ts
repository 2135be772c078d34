/** What a supervisor of live, idle agents takes. */
import { join } from "node:path";
import { mb, type Measure, type Row } from "./bench.ts";
import { statusOf } from "./measure.ts";
import { superviseRoot } from "./supervised.ts";

const LIMITS = [
  { agents: 0, rss: 45 },
  { agents: 100, rss: 55 },
  { agents: 500, rss: 80 },
];
const QUIET_MS = 25_000; // by then all that the spawns left to do is done, and looks are as seldom as they get
const WATCHED_MS = 20_000; // no look is more seldom

export const measure: Measure = {
  name: "supervisor",
  title: "supervisor",
  async run(stage) {
    const kept = await superviseRoot(stage, join(stage.folder, "supervisor"));
    const watched = stage.short ? 500 : WATCHED_MS;
    const rows: Row[] = [];
    let live = 0;
    try {
      for (const { agents, rss } of stage.short ? LIMITS.slice(0, 1) : LIMITS) {
        for (; live < agents; live += 1) await kept.spawn(["sleep", "100000"]);
        await Bun.sleep(stage.short ? 500 : QUIET_MS);
        const before = await statusOf(kept.pid);
        await Bun.sleep(watched);
        const after = await statusOf(kept.pid);
        const share = ((after.cpu - before.cpu) / watched) * 100;
        rows.push({
          shape: `${agents} live idle agents`,
          seen: `${mb(after.rss)} (${mb(after.own)} without the program's file), ${share.toFixed(2)} % CPU, ${after.files} open files`,
          must: `under ${rss} MB, under 0.5 % CPU, at most ${30 + 2 * agents} files`,
          reached: after.rss < rss && share < 0.5 && after.files <= 30 + 2 * agents,
        });
      }
      return rows;
    } finally {
      await kept.close();
    }
  },
};
