/**
 * Runs where a disk of its own may be mounted that nobody else sees: `inside.ts <folder> <count> <seed> <whether to mount>`.
 * Prints what happened as JSON.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { reasonOf } from "../../../src/errors.ts";
import type { ShimStep } from "../../../src/process/shim.ts";
import { type Case, FATES, tryCase, WISHES } from "./trial.ts";

export interface Sums {
  readonly done: number;
  readonly stood: number;
  readonly full: number;
  readonly failures: readonly string[];
}

const STEPS: readonly ShimStep[] = [1, 2, 3, 4, 5, 6, 7, 8];
const SIZE = "2m"; // of the disk that is made full
const STRIDE = 29; // it has no divisor in common with the number of cases: each comes, and neighbours differ

const [folder = "", count = "", seed = "", mounts = ""] = process.argv.slice(2);
const disk = join(folder, "disk");
mkdirSync(disk, { mode: 0o700 });
if (mounts === "true") {
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${SIZE},mode=0700`, "skep-fault", disk]);
  if (status !== 0) throw new Error("no disk can be mounted");
}
const root = join(disk, "root");
mkdirSync(join(root, "agents"), { recursive: true, mode: 0o700 });
const env = Object.fromEntries(
  Object.entries(process.env).filter((pair): pair is [string, string] => pair[1] !== undefined),
);
const fates = FATES.filter((fate) => mounts === "true" || fate !== "finds the disk full");
const cases: Case[] = STEPS.flatMap((step) => fates.flatMap((fate) => WISHES.map((wish) => ({ step, fate, wish }))));

const failures: string[] = [];
const sums = { done: 0, stood: 0, full: 0 };
for (; sums.done < Number(count) && failures.length < 20; sums.done += 1) {
  const one = cases[(Number(seed) + sums.done * STRIDE) % cases.length];
  if (one === undefined) throw new Error("there are no cases");
  const { stood, wrong } = await tryCase(
    { root, starts: join(folder, "starts"), env },
    `a-${String(sums.done).padStart(6, "0")}`,
    one,
  ).catch((error: unknown) => ({
    stood: false,
    wrong: [error instanceof Error ? (error.stack ?? error.message) : reasonOf(error)],
  }));
  if (stood) sums.stood += 1;
  if (one.fate === "finds the disk full") sums.full += 1;
  for (const why of wrong) failures.push(`the one at step ${one.step} ${one.fate}, ${one.wish}: ${why}`);
}
console.log(JSON.stringify({ ...sums, failures }));
process.exit(0);
