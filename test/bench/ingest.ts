/** Lines of children into logs, folded and told: how many a second, and how late. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { mb, type Measure, ms, type Row } from "./bench.ts";
import { quantile, statusOf } from "./measure.ts";
import { type BenchSwarm, endOf, superviseRoot } from "./supervised.ts";

const LINE = 200;
/** Writes lines as fast as it can. Arguments: how many. */
const WRITER = `const { writeSync } = require("node:fs");
const line = "x".repeat(${LINE - 1}) + "\\n"; const block = line.repeat(300);
let left = Number(process.argv[1]);
for (; left >= 300; left -= 300) writeSync(1, block);
writeSync(1, line.repeat(left));`;
/** Writes the time, in ms, at a pace. Arguments: how many, ms between. */
const TICKER = `let left = Number(process.argv[1]);
const timer = setInterval(() => {
  console.log(performance.timeOrigin + performance.now());
  if ((left -= 1) <= 0) clearInterval(timer);
}, Number(process.argv[2]));`;

export const measure: Measure = {
  name: "ingest",
  title: "live",
  async run(stage) {
    const kept = await superviseRoot(stage, join(stage.folder, "ingest"));
    const part = stage.short ? 0.02 : 1;
    try {
      const idle = await latency(kept, stage.short ? 20 : 300, []);
      const one = await ingest(kept, 1, 1_000_000 * part, stage.wrong);
      const many = await ingest(kept, stage.short ? 10 : 100, 10_000 * part, stage.wrong);
      const loaded = await latency(
        kept,
        stage.short ? 20 : 150,
        Array.from({ length: stage.short ? 1 : 4 }, () => ["node", "-e", WRITER, String(500_000 * part)]),
      );
      return [
        { shape: `one child, ${1_000_000 * part} lines of ${LINE} bytes`, ...one },
        { shape: "a hundred children", ...many },
        row("a line's way to a subscriber, idle", idle, 2, 15),
        row("the same while others flood", loaded, undefined, 150),
      ];
    } finally {
      await kept.close();
    }
  },
};

async function ingest(
  kept: BenchSwarm,
  children: number,
  lines: number,
  wrong: (what: string) => void,
): Promise<Omit<Row, "shape">> {
  const before = await statusOf(kept.pid);
  const started = performance.now();
  let ids: readonly string[] = [];
  await endOf(kept.swarm, async () => {
    ids = (
      await Promise.all(Array.from({ length: children }, () => kept.spawn(["node", "-e", WRITER, String(lines)])))
    ).map(({ id }) => id);
    return ids;
  });
  const wall = performance.now() - started;
  const after = await statusOf(kept.pid);
  const cpu = after.cpu - before.cpu;
  for (const id of ids) {
    const log = readFileSync(join(kept.root, "agents", id, "events.jsonl"));
    let count = 0;
    for (let at = log.indexOf('"type":"stdout"'); at !== -1; at = log.indexOf('"type":"stdout"', at + 1)) count += 1;
    if (count !== lines)
      wrong(
        `${id} wrote ${lines} lines, its log has ${count} of ${statSync(join(kept.root, "agents", id, "runs/000001/out")).size} bytes`,
      );
  }
  const rate = Math.round((children * lines) / cpu);
  return {
    seen: `${rate}k lines a second of CPU (${ms(cpu)}; ${Math.round((children * lines) / wall)}k by the clock), at most ${mb(after.peak)}`,
    must: "500k a second on one core, under 120 MB",
    reached: rate >= 500 && after.peak < 120,
  };
}

/** ms from a child's write to the subscriber's event. */
async function latency(
  kept: BenchSwarm,
  count: number,
  load: readonly (readonly string[])[],
): Promise<readonly number[]> {
  const delays: number[] = [];
  let ticker: string | undefined;
  let seen = "";
  const unwatch = kept.swarm.watch((change) => {
    const now = performance.timeOrigin + performance.now();
    const last = change.change === "set" && change.agent.id === ticker ? change.agent.tail.at(-1) : undefined;
    if (last === undefined || last === seen) return;
    seen = last;
    delays.push(now - Number(last));
  });
  await endOf(kept.swarm, async () => {
    const others = await Promise.all(load.map((argv) => kept.spawn(argv)));
    ({ id: ticker } = await kept.spawn(["node", "-e", TICKER, String(count), "10"]));
    return [ticker, ...others.map(({ id }) => id)];
  });
  unwatch();
  return delays;
}

function row(shape: string, delays: readonly number[], middle: number | undefined, late: number): Row {
  const [p50, p99] = [quantile(delays, 0.5), quantile(delays, 0.99)];
  return {
    shape,
    seen: `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms (${delays.length} lines)`,
    must: `${middle === undefined ? "" : `p50 under ${middle} ms, `}p99 under ${late} ms`,
    reached: p99 < late && (middle === undefined || p50 < middle),
  };
}
