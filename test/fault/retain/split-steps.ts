/**
 * Appends to a log that is split at each append, with a src/disk.ts that is given faulty-fs.ts: once for each file operation
 * and each way in which it can be the last, or fail. A program of its own, like retain-steps.ts.
 */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatOwn, START } from "../../../src/core/entry.ts";
import { planIn } from "../faulty-build.ts";
import type { Plan } from "../faulty-fs.ts";
import "../archive/faulty-disk.ts";

const { openLog, readLog } = await import("../../../src/store/event-log.ts");

const memory = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
const folder = mkdtempSync(join(memory, "skep-steps-"));
const plan = planIn(folder);
process.env["FAULT_PLAN"] = plan.env.FAULT_PLAN;
const own = join(folder, "agent");
const log = join(own, "events.jsonl");
const LIMIT = 150; // bytes: a line
const LINES = 5;
const line = (seq: number): string =>
  `${formatOwn("said", { text: "some words" }, { seq, run: 1, t: 1_700_000_000_000, cursor: START })}\n`;

function read(): { readonly seqs: readonly number[]; readonly skipped: number } {
  const seqs: number[] = [];
  let skipped = 0;
  const visitor = {
    entry: ({ stamp }: { readonly stamp?: { readonly seq: number } }) => void seqs.push(stamp?.seq ?? -1),
    skipped: () => void (skipped += 1),
  };
  readLog(log, { at: 0, scanned: 0 }, visitor);
  return { seqs, skipped };
}
const upTo = (last: number): readonly number[] => Array.from({ length: last }, (_, at) => at + 1);

/** Appends until all lines are there, or one fails; the last one that was told to be there. */
function appendAll(from: number): number {
  let done = from;
  try {
    const writer = openLog(log);
    try {
      for (; done < LINES; done += 1) writer.append(line(done + 1), LIMIT);
      writer.sync();
    } finally {
      writer.close();
    }
  } catch {
    return done; // what of it is there is looked up
  }
  return done;
}

/** Whether the fault came to pass. */
function tryOne(wish: Plan): boolean {
  rmSync(own, { recursive: true, force: true });
  mkdirSync(own);
  const hit = join(folder, "hit");
  rmSync(hit, { force: true });
  plan.set({ ...wish, hit });
  const told = appendAll(0);
  plan.clear();
  if (!existsSync(hit)) return false;
  const trial = JSON.stringify(wish);
  const found = read();
  assert.ok(
    told <= found.seqs.length && found.seqs.length <= told + 1,
    `${trial}: ${told} told, ${found.seqs.join()} found`,
  );
  assert.deepEqual(found.seqs, upTo(found.seqs.length), trial);
  if (told > 0)
    assert.ok(readFileSync(log, "utf8").startsWith('{"type":"said"'), `${trial}: another reader finds none`);
  // The next supervisor, or the same one again, goes on.
  assert.equal(appendAll(found.seqs.length), LINES, trial);
  const now = read();
  assert.deepEqual(now.seqs, upTo(LINES), trial);
  assert.ok(now.skipped <= 1, trial);
  assert.deepEqual(
    readdirSync(own).filter((name) => name !== "events"),
    ["events.jsonl"],
    `${trial}: something is left`,
  );
  const segments = existsSync(join(own, "events")) ? readdirSync(join(own, "events")) : [];
  const sizes = segments.map((name) => readFileSync(join(own, "events", name)).length);
  const size = sizes.reduce((sum, bytes) => sum + bytes, readFileSync(log).length);
  assert.ok(size < (LINES + 1) * LIMIT, `${trial}: a line stands in two segments`);
  return true;
}

const WAYS: readonly Plan[] = [
  { kind: "EIO", times: 0 }, // killed there
  { kind: "short", times: 0 }, // killed in the middle of a write
  { kind: "EIO", times: 1 }, // it alone fails
  { kind: "short", times: 1 },
];
let trials = 0;
try {
  for (const way of WAYS) for (let n = 1; tryOne({ ...way, n }); n += 1) trials += 1;
  console.log(`${trials} trials held`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
