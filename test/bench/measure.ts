/** Runs commands and tells what they cost. Times on a shared machine are noisy: what is compared is run in turns, in one go. */
import { existsSync } from "node:fs";
import { join } from "node:path";

export interface Cost {
  readonly cpu: number; // ms, user and system
  readonly wall: number; // ms
  readonly rss: number; // MB, at its peak
}

const TIME = "/usr/bin/time"; // of its own process's memory a child is told the spawning program's peak: a small one must stand between

/** Runs a command to its end, its output thrown away. Throws when it fails. */
export async function costOf(command: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Cost> {
  const timed = existsSync(TIME);
  const started = performance.now();
  const child = Bun.spawn([...(timed ? [TIME, "-f", "%M"] : []), ...command], {
    stdout: "ignore",
    stderr: "pipe",
    stdin: "ignore",
    env: { ...process.env, ...env },
  });
  const said = (await new Response(child.stderr).text()).trim();
  const code = await child.exited;
  if (code !== 0) throw new Error(`${command.join(" ")}: exit ${code}: ${said}`);
  const used = child.resourceUsage();
  if (used === undefined) throw new Error("nothing is known of what it used");
  const rss = timed ? Number(said.split("\n").at(-1)) / 1_024 : Number.NaN;
  return { cpu: Number(used.cpuTime.total) / 1_000, wall: performance.now() - started, rss };
}

/** Costs of several commands, run in turns after one round that does not count; the medians. */
export async function compare<K extends string>(
  commands: Readonly<Record<K, () => Promise<Cost>>>,
  rounds: number,
): Promise<Readonly<Record<K, Cost>>> {
  const names = Object.keys(commands) as K[];
  const costs = new Map<K, Cost[]>(names.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of names) {
      const cost = await commands[name]();
      if (round > 0 || rounds === 0) costs.get(name)?.push(cost);
    }
  }
  const middle = (of: readonly Cost[]): Cost => ({
    cpu: median(of.map(({ cpu }) => cpu)),
    wall: median(of.map(({ wall }) => wall)),
    rss: Math.max(...of.map(({ rss }) => rss)),
  });
  return Object.fromEntries(names.map((name) => [name, middle(costs.get(name) ?? [])])) as Record<K, Cost>;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

/** The program's path, or nothing: what is missing is said, not measured. */
export const which = (name: string): string | undefined => Bun.which(name) ?? undefined;

/** Memory in MB, of which `own` is no file's, CPU in ms since its start, and open files of a live process. */
export interface ProcessCost {
  readonly rss: number;
  readonly own: number;
  readonly peak: number;
  readonly cpu: number;
  readonly files: number;
}
export async function statusOf(pid: number): Promise<ProcessCost> {
  const text = await Bun.file(`/proc/${pid}/status`).text();
  const kilobytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0) / 1024;
  const stat = (await Bun.file(`/proc/${pid}/stat`).text()).split(") ")[1]?.split(" ") ?? [];
  const files = [...new Bun.Glob("*").scanSync({ cwd: join("/proc", String(pid), "fd"), onlyFiles: false })].length;
  const cpu = (Number(stat[11]) + Number(stat[12])) * 10;
  return { rss: kilobytes("VmRSS"), own: kilobytes("RssAnon"), peak: kilobytes("VmHWM"), cpu, files };
}
