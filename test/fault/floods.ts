/** Children that write far more than a supervisor may keep in memory: many lines, long lines, one line without an end. */
import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { findSupervisor } from "../../src/supervisor/start.ts";
import { until } from "../sandbox.ts";
import { openSupervised, type Supervised } from "../supervisor/supervised.ts";
import type { Outcome, Scenario, Stage } from "./scenario.ts";

const LIMIT_MB = 150;
const WAIT_MS = 600_000;

interface Flood {
  readonly name: string;
  readonly share?: number; // of the MB asked for
  /** A script of sh that writes so many MB and then a line `the end`. */
  readonly script: (mb: number) => string;
  readonly jsonl?: true;
  /** How many entries of the child's come of it. */
  readonly entries: (mb: number) => number;
}
const WIDE = "x".repeat(99);
const SAID = JSON.stringify({ type: "assistant_message", content: [{ type: "text", text: "z".repeat(924) }] }).padEnd(
  999,
);
const FLOODS: readonly Flood[] = [
  {
    name: "lines of 100 bytes",
    script: (mb) => `yes ${WIDE} | head -n ${mb * 10_000}; echo the end`,
    entries: (mb) => mb * 10_000 + 1,
  },
  {
    name: "messages of 1 kB",
    share: 0.3,
    script: (mb) => `yes '${SAID}' | head -n ${mb * 1_000}; echo the end`,
    jsonl: true,
    entries: (mb) => mb * 1_000 + 1,
  },
  {
    name: "lines of 1 MB",
    share: 0.3,
    script: (mb) =>
      `n=0; while [ $n -lt ${mb} ]; do head -c 999999 /dev/zero | tr '\\0' y; echo; n=$((n+1)); done; echo the end`,
    entries: (mb) => mb + 1,
  },
  {
    name: "lines of 15 MB",
    share: 0.3,
    script: (mb) =>
      `n=0; while [ $n -lt ${Math.ceil(mb / 15)} ]; do head -c 15000000 /dev/zero | tr '\\0' y; echo; n=$((n+1)); done; echo the end`,
    entries: (mb) => Math.ceil(mb / 15) + 1,
  },
  {
    name: "one line",
    script: (mb) => `head -c ${mb}000000 /dev/zero | tr '\\0' y; echo; echo the end`,
    entries: () => 2,
  },
];

/** The most memory that a process has had, in MB. */
const peakOf = (pid: number): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

/** Lines of the log from the child: counted in pieces, since the log may have gigabytes. */
async function childEntries(log: string): Promise<{ count: number; last: string }> {
  let count = 0;
  let last = "";
  let rest = "";
  const { createReadStream } = await import("node:fs");
  for await (const chunk of createReadStream(log, { encoding: "utf8", highWaterMark: 1 << 20 })) {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (!line.includes('"from":"')) continue;
      count += 1;
      last = line;
    }
  }
  return { count, last };
}

async function play(kept: Supervised, stage: Stage, flood: Flood, failures: string[]): Promise<number> {
  const failed = (what: string): void => void failures.push(`${flood.name}: ${what}`);
  const mb = Math.ceil(stage.count * (flood.share ?? 1));
  await kept.start(); // each flood meets a supervisor of its own
  const pid = (await findSupervisor(kept.root, kept.env))?.pid ?? 0;
  const began = performance.now();
  const args = ["sh", "-c", flood.script(mb)];
  const id = await kept.spawn({ args, options: flood.jsonl === undefined ? {} : { jsonl: true } });
  const other = await kept.spawn({ args: ["cat"], options: { stdin: true } });
  const folder = kept.folderOf(id);
  const log = join(folder, "events.jsonl");
  // Others are served meanwhile.
  await kept.swarm.send(other, "hello");
  await kept.reaches(other, ({ tail }) => tail.includes("hello"));
  await until(
    () => kept.swarm.show(id),
    ({ phase }) => phase === "ended",
    WAIT_MS,
  );
  const live = await kept.swarm.show(id);
  const peak = peakOf(pid);
  const written = statSync(join(folder, "runs/000001/out")).size;
  const { count, last } = await childEntries(log);
  stage.log(
    `${flood.name}: ${Math.round(written / 1e6)} MB in ${Math.round(performance.now() - began)} ms, peak ${Math.round(peak)} MB`,
  );
  if (written < mb * 0.9e6) failed(`only ${written} bytes were written`);
  if (count !== flood.entries(mb)) failed(`${count} entries instead of ${flood.entries(mb)}`);
  if (!last.includes("the end")) failed(`the last entry is ${last.slice(0, 200)}`);
  if (live.status !== "done" || live.tail.at(-1) !== "the end")
    failed(`${live.status}, ${live.tail.at(-1)?.slice(0, 99)}`);
  if (peak > LIMIT_MB) failed(`the supervisor had ${Math.round(peak)} MB`);
  // A new one takes it over: what is on disk is read in one go then.
  await kept.start();
  const next = (await findSupervisor(kept.root, kept.env))?.pid ?? 0;
  const again = await kept.swarm.show(id);
  if (again.tail.at(-1) !== "the end") failed("it is not taken over right");
  const second = peakOf(next);
  stage.log(`${flood.name}: taken over with ${Math.round(second)} MB`);
  if (second > LIMIT_MB) failed(`the next supervisor had ${Math.round(second)} MB`);
  await kept.swarm.stop(other, { grace: 200 });
  for (const one of [id, other]) await kept.swarm.remove(one);
  rmSync(folder, { recursive: true, force: true });
  return Math.max(peak, second);
}

async function run(stage: Stage): Promise<Outcome> {
  const kept = await openSupervised({ env: stage.env, command: [stage.skep] });
  const failures: string[] = [];
  const peaks: number[] = [];
  try {
    for (const flood of FLOODS) peaks.push(await play(kept, stage, flood, failures));
  } finally {
    await kept.close();
  }
  const notes = { "MB at most in the supervisor": Math.round(Math.max(...peaks)) };
  return { done: stage.count, happened: peaks.length, failures, notes };
}

export const scenario: Scenario = {
  name: "floods",
  what: "a run that floods: many lines, long lines, one endless line",
  holds: `all of it kept, the others served, the supervisor under ${LIMIT_MB} MB`,
  counted: "MB",
  short: 24,
  full: 1_000,
  atLeast: () => FLOODS.length,
  happening: "floods",
  run,
};
