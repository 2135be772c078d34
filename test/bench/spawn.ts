/** Spawns through a running supervisor, until the answer; and what else starts things in the background. */
import { join } from "node:path";
import { type BenchStage, type Measure, ms, type Row } from "./bench.ts";
import { median, which } from "./measure.ts";
import { type BenchSwarm, superviseRoot } from "./supervised.ts";
import { makeRoot } from "./swarm-root.ts";

export const measure: Measure = {
  name: "spawn",
  title: "spawn, p50 each",
  async run(stage) {
    const count = stage.short ? 10 : 200;
    const full = join(stage.folder, "spawn-full");
    makeRoot(full, stage.short ? 50 : 10_000, 20);
    const rows: Row[] = [];
    for (const [where, root] of [
      ["on an empty root", join(stage.folder, "spawn-empty")],
      ["on a root of 10,000", full],
    ] as const) {
      const kept = await superviseRoot(stage, root);
      try {
        await spawns(kept, 5, 1); // warm
        rows.push(await measured(kept, where, count, 1, 8), await measured(kept, where, count, 16, 4));
      } finally {
        await kept.close();
      }
    }
    return [...rows, ...(await peers(stage, count))];
  },
};

async function measured(kept: BenchSwarm, where: string, count: number, atOnce: number, must: number): Promise<Row> {
  const times = await spawns(kept, count, atOnce);
  const seen = median(times) / (atOnce === 1 ? 1 : atOnce);
  return {
    shape: `${count} ${where}, ${atOnce === 1 ? "one after another" : `${atOnce} at once`}`,
    seen: ms(seen),
    must: `at most ${must} ms`,
    reached: seen <= must,
  };
}

async function spawns(kept: BenchSwarm, count: number, atOnce: number): Promise<readonly number[]> {
  const times: number[] = [];
  let left = count;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const started = performance.now();
      await kept.spawn(["true"]);
      times.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return times;
}

/** Each starts a command in the background by a call of its own, as from a shell. */
async function peers({ folder, skep }: BenchStage, count: number): Promise<readonly Row[]> {
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    TMPDIR: folder,
    XDG_RUNTIME_DIR: join(folder, "run"),
    NQDIR: join(folder, "nq"),
  };
  const socket = join(folder, "tmux");
  const root = join(folder, "spawn-peers");
  const ways: Readonly<Record<string, { readonly start: readonly string[]; readonly end: readonly string[] }>> = {
    skep: { start: [skep, "spawn", "--root", root, "--", "true"], end: [skep, "supervisor", "stop", "--root", root] },
    tmux: { start: ["tmux", "-S", socket, "new-session", "-d", "true"], end: ["tmux", "-S", socket, "kill-server"] },
    tsp: { start: ["tsp", "true"], end: ["tsp", "-K"] },
    nq: { start: ["nq", "-q", "true"], end: ["true"] },
    "GNU parallel (sem)": {
      start: ["sem", "--id", "bench", "-j", "16", "true"],
      end: ["sem", "--id", "bench", "--wait"],
    },
    pm2: { start: ["pm2", "start", "--no-autorestart", "--force", "true"], end: ["pm2", "kill"] },
  };
  const rows: Row[] = [];
  for (const [name, { start, end }] of Object.entries(ways)) {
    const [program = ""] = start;
    if (which(program) === undefined) {
      rows.push({ shape: `by a command: ${name}`, seen: "not here", must: "" });
      continue;
    }
    const run = async (command: readonly string[]): Promise<void> =>
      void (await Bun.spawn([...command], { env, stdout: "ignore", stderr: "ignore", cwd: folder }).exited);
    const times: number[] = [];
    await run(start); // what starts a server does so here
    for (let at = 0; at < Math.min(count, 30); at += 1) {
      const started = performance.now();
      await run(start);
      times.push(performance.now() - started);
    }
    await run(end);
    rows.push({ shape: `by a command: ${name}`, seen: ms(median(times)), must: "" });
  }
  return rows;
}
