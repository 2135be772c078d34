/**
 * Packs what a run wrote with a src/disk.ts that is given faulty-fs.ts: once for each file operation and each way in which it
 * can be the last, or fail. From an operation on that is the last nothing changes the disk any more, which is what SIGKILL is
 * to it. A program of its own: it prints how many trials there were, or what was wrong.
 */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { planIn } from "../faulty-build.ts";
import "../archive/faulty-disk.ts";

const { openStore } = await import("../../../src/store/fs-store.ts");
const { pack } = await import("../../../src/store/packed.ts");
const { rawOutput } = await import("../../../src/swarm/raw-output.ts");

const ID = "first-aaaaaa";
const memory = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
const folder = mkdtempSync(join(memory, "skep-steps-"));
const plan = planIn(folder);
process.env["FAULT_PLAN"] = plan.env.FAULT_PLAN;
const store = openStore(folder);
const run = join(store.paths(ID).folder, "runs/000001");
const written = Buffer.from("a line that repeats\n".repeat(120_000)); // more than a chunk

async function readRaw(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await rawOutput(store, ID, async (bytes) => void chunks.push(bytes));
  return Buffer.concat(chunks);
}

/** Whether there was an n-th operation to fail. */
async function tryOne(n: number, times: number): Promise<boolean> {
  rmSync(run, { recursive: true, force: true });
  mkdirSync(run, { recursive: true });
  writeFileSync(join(run, "out"), written);
  plan.set({ kind: "EIO", n, times });
  const failed = await pack(join(run, "out"), () => {}).then(
    () => false,
    () => true,
  );
  plan.clear();
  const trial = `operation ${n}, ${times === 1 ? "alone" : "and all behind it"}`;
  assert.ok((await readRaw()).equals(written), `${trial}: it reads otherwise`);
  if (!failed) return false;
  await pack(join(run, "out"), () => {}).catch((error: unknown) => {
    assert.ok(!existsSync(join(run, "out")), `${trial}: ${String(error)}`);
  });
  assert.deepEqual(readdirSync(run), ["out.gz"], `${trial}: a repeat does not finish it`);
  assert.ok((await readRaw()).equals(written), `${trial}: the repeat reads otherwise`);
  return true;
}

let trials = 0;
try {
  for (const times of [0, 1]) for (let n = 1; await tryOne(n, times); n += 1) trials += 1;
  console.log(`${trials} trials held`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
