/** Each file operation of the supervisor fails once, in each way, while it spawns, reads, sends, resumes, stops, removes and starts. */
import { openStand, type Stand, type Wish } from "./failed-operations/stand.ts";
import { type Trial, TRIALS } from "./failed-operations/trials.ts";
import { tryOne } from "./failed-operations/try-one.ts";
import type { Scenario } from "./scenario.ts";

const READS = ["openread", "read", "list"] as const;
const WISHES: readonly Wish[] = [
  { kind: "ENOSPC", ops: ["open", "write", "sync", "rename", "mkdir"], times: 0 }, // full until there is space again
  { kind: "ENOSPC", ops: ["open", "write", "sync", "rename", "mkdir"], times: 1 },
  { kind: "EIO", ops: ["open", "write", "sync", "rename", "mkdir", "unlink", "rm", ...READS], times: 1 },
  { kind: "EMFILE", ops: ["open", "openread", "list"], times: 1 },
  { kind: "EMFILE", ops: ["open", "openread", "list"], times: 0 },
  { kind: "EACCES", ops: ["open", "openread", "list", "rename", "mkdir", "unlink", "rm"], times: 1 },
  { kind: "short", ops: ["write"], times: 1 },
];
const BEYOND = 1; // how often in a row nothing may be hit before there is no n-th operation any more

interface Case {
  readonly trial: Trial;
  readonly wish: Wish;
  readonly n: number;
}

export const scenario: Scenario = {
  name: "failed-operations",
  what: "the n-th write, fsync, rename, open, … of the supervisor fails: ENOSPC, EIO, EMFILE, EACCES, a short write",
  holds: "for every n: the state is the one before or the one after, the user is told, and it recovers",
  counted: "failing operations",
  short: 14,
  full: Number.POSITIVE_INFINITY, // all there are
  atLeast: (count) => Math.floor(count / 2),
  happening: "faults that struck",
  async run(stage) {
    const { count, full, next, log } = stage;
    const failures: string[] = [];
    const sums = { done: 0, struck: 0, told: 0 };
    const play = async (trial: Trial): Promise<void> => {
      const stand = await openStand(stage, trial.name);
      await stand.launch();
      let number = 0;
      const id = (): string => `${trial.name}-${String((number += 1)).padStart(6, "0")}`;
      const one = async ({ wish, n }: Case): Promise<boolean> => {
        const { struck, told, wrong } = await tryOne(stand, trial, id(), wish, n);
        sums.done += 1;
        sums.struck += struck === "" ? 0 : 1;
        sums.told += told ? 1 : 0;
        const how = `${wish.kind}${wish.times === 0 ? " from there on" : ""}`;
        for (const why of wrong) failures.push(`${trial.name}, ${how} at ${n} (${struck}): ${why}`);
        for (const why of wrong) log(`${trial.name}, ${how} at ${n} (${struck}): ${why}`);
        return struck !== "";
      };
      const cases = await casesOf(stand, trial, id);
      log(`${trial.name}: ${cases.length} operations can fail`);
      const some = (): (Case | undefined)[] =>
        Array.from({ length: Math.ceil(count / TRIALS.length) }, () => cases[Math.floor(next() * cases.length)]);
      for (const each of full ? cases : some()) if (each !== undefined) await one(each);
      await stand.kill();
    };
    await together(TRIALS, play);
    const { done, struck, told } = sums;
    return { done, happened: struck, failures, notes: { "told to the user": told } };
  },
};

const AT_ONCE = 4; // each with a supervisor of its own; they wait for most of the time

async function together<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const rest = [...all];
  const worker = async (): Promise<void> => {
    for (let one = rest.shift(); one !== undefined; one = rest.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** All operations of the work that can fail in some way. */
async function casesOf(stand: Stand, trial: Trial, id: () => string): Promise<Case[]> {
  const cases: Case[] = [];
  const counts = new Map<string, number>();
  for (const wish of WISHES) {
    const key = wish.ops.join();
    let operations = counts.get(key);
    if (operations === undefined) {
      const name = id();
      await trial.prepare(stand, name);
      operations = await stand.count(wish.ops, () => trial.act(stand, name));
      const wrong = await trial.check(stand, name, { well: true });
      if (wrong.length > 0) throw new Error(`${trial.name} without a fault: ${wrong.join("; ")}`);
      counts.set(key, operations);
    }
    for (let n = 1; n <= operations + BEYOND; n += 1) cases.push({ trial, wish, n });
  }
  return cases;
}
