/** `ls --json` of swarms that another supervisor wrote: at first sight, with the index, and after one log grew. */
import { appendFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type BenchStage, mb, type Measure, ms, ratio, type Row } from "./bench.ts";
import { compare, type Cost, costOf } from "./measure.ts";
import { makeRoot } from "./swarm-root.ts";

interface Shape {
  readonly agents: number;
  readonly events: number;
  readonly current: number; // times less CPU than the baseline, with the index
  readonly first: number; // and without
  readonly rounds?: number;
}
const SHAPES: readonly Shape[] = [
  { agents: 1_000, events: 20, current: 7, first: 4 },
  { agents: 10_000, events: 20, current: 15, first: 4 },
  { agents: 10_000, events: 200, current: 100, first: 6, rounds: 2 },
  { agents: 100, events: 100_000, current: 3_000, first: 6, rounds: 0 },
];
const SHORT: readonly Shape[] = [{ agents: 300, events: 20, current: 1, first: 1, rounds: 1 }];
const MAX_RSS = 150;

export const measure: Measure = {
  name: "reload",
  title: "`ls --json`, CPU",
  async run(stage) {
    const rows: Row[] = [];
    for (const shape of stage.short ? SHORT : SHAPES) {
      const root = join(stage.folder, `reload-${shape.agents}-${shape.events}`);
      stage.log(`making ${shape.agents} agents with ${shape.events} events each`);
      makeRoot(root, shape.agents, shape.events);
      // It stays until all is measured: ext4 without a journal passes over inodes that were freed a moment ago, one by one,
      // and each file that is made in the next minute costs 0.4 ms instead of 0.02.
      rows.push(...(await measureShape(stage, shape, root)));
    }
    return rows;
  },
};

async function measureShape(stage: BenchStage, shape: Shape, root: string): Promise<readonly Row[]> {
  const { skep, baseline, rounds } = stage;
  const index = join(root, "index");
  const ls = [skep, "ls", "--json", "--root", root];
  await sameAnswers(stage, root, shape);
  const first = (): Promise<Cost> => {
    rmSync(index, { force: true });
    return costOf(ls);
  };
  const many = shape.rounds ?? rounds;
  const slow: Partial<Record<"baseline" | "first", Cost>> =
    baseline === undefined
      ? await compare({ first }, many)
      : await compare({ baseline: () => costOf([baseline, root]), first }, many);
  const find = ["find", join(root, "agents"), "-name", "events.jsonl", "-printf", "%s %T@ %i\n"];
  await costOf(ls);
  const fast = await compare({ current: () => costOf(ls), find: () => costOf(find) }, rounds);
  const log = join(root, "agents", readdirSync(join(root, "agents"))[0] ?? "", "events.jsonl");
  const grown = await compare(
    {
      current: () => costOf(ls),
      grown: () => {
        appendFileSync(log, `${JSON.stringify({ type: "stdout", time: new Date().toISOString(), text: "more" })}\n`);
        return costOf(ls);
      },
    },
    rounds,
  );
  const shown = `${shape.agents} x ${shape.events}`;
  const against = (cost: Cost, factor: number): Pick<Row, "seen" | "must" | "reached"> => {
    const base = slow.baseline;
    const own = `${ms(cost.cpu)}, ${mb(cost.rss)}`;
    const must = `${factor}x less than the baseline`;
    if (base === undefined) return { seen: `${own} (no Go here)`, must };
    return {
      seen: `${own}; ${ratio(base.cpu, cost.cpu)} less than its ${ms(base.cpu)}`,
      must,
      reached: base.cpu >= factor * cost.cpu,
    };
  };
  const { first: firstCost } = slow;
  return [
    { shape: `${shown}, index current`, ...against(fast.current, shape.current) },
    {
      shape: `${shown}, index current, against find`,
      seen: `${ratio(fast.current.cpu, fast.find.cpu)} the ${ms(fast.find.cpu)} of find`,
      must: "under 4x at 10,000 agents",
      ...(shape.agents === 10_000 ? { reached: fast.current.cpu < 4 * fast.find.cpu } : {}),
    },
    ...(firstCost === undefined
      ? []
      : [
          { shape: `${shown}, first look`, ...against(firstCost, shape.first) },
          {
            shape: `${shown}, first look, memory`,
            seen: mb(firstCost.rss),
            must: `under ${MAX_RSS} MB`,
            reached: firstCost.rss < MAX_RSS,
          },
        ]),
    {
      shape: `${shown}, one log grew`,
      seen: `${ratio(grown.grown.cpu, grown.current.cpu)} of the index-current ${ms(grown.current.cpu)}`,
      must: "within 1.3x",
      reached: grown.grown.cpu <= 1.3 * grown.current.cpu,
    },
  ];
}

/** With the index and without, and as the baseline counts them. */
async function sameAnswers(stage: BenchStage, root: string, { agents }: Shape): Promise<void> {
  const list = async (): Promise<string> => {
    const child = Bun.spawn([stage.skep, "ls", "-a", "--json", "--root", root], { stderr: "inherit" });
    return new Response(child.stdout).text();
  };
  const first = await list();
  const second = await list();
  if (first !== second) stage.wrong(`ls of ${root} says another thing with the index`);
  const count = (JSON.parse(second) as unknown[]).length;
  if (count !== agents) stage.wrong(`ls of ${root} shows ${count} of ${agents} agents`);
}
