import type { ChildProcess } from "node:child_process";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { reasonOf } from "../../src/errors.ts";
import { checkLog, isOver, isTorn } from "./check-log.ts";
import { faultySkep, type PlanFile, planIn } from "./faulty-build.ts";
import { eventually, kill, openRoot, pause, play } from "./root.ts";
import type { Scenario, Stage } from "./scenario.ts";

const KILLS_OF_A_ROOT = 20; // a log that grows for ever would make the suite one of long logs
const AT_ONCE = 3;
const LIFE_MS = 250;

export const scenario: Scenario = {
  name: "kills",
  what: "the supervisor is killed by SIGKILL while agents write ragged lines",
  holds: "0 lines lost, 0 twice, 0 changed",
  counted: "kills",
  short: 40,
  full: 5_000,
  atLeast: (count) => Math.max(1, Math.floor(count / 500)),
  happening: "torn tails seen",
  async run(stage) {
    const sum = { done: 0, happened: 0, planned: 0, lines: 0, failures: [] as string[] };
    const torn = { ...stage, skep: faultySkep() };
    await play(stage, Math.ceil(stage.count / KILLS_OF_A_ROOT), AT_ONCE, async (at) => {
      const kills = Math.min(KILLS_OF_A_ROOT, stage.count - at * KILLS_OF_A_ROOT);
      // One root in five floods: what is appended there is so much that a kill falls into it. And in one of five the
      // supervisor kills itself in the middle of an append, since chance alone tears few lines.
      const how = (["flood", "torn", "any", "any", "any"] as const)[at % 5] ?? "any";
      const played = await playRoot(how === "torn" ? torn : stage, at, kills, how).catch((error: unknown): Played => {
        return { done: 0, torn: 0, lines: 0, failures: [`root-${at}: ${reasonOf(error)}`] };
      });
      sum.done += played.done;
      sum.happened += played.torn;
      if (how === "torn") sum.planned += played.torn;
      sum.lines += played.lines;
      sum.failures.push(...played.failures);
      stage.log(`${sum.done} kills, ${sum.happened} torn, ${sum.lines} lines, ${sum.failures.length} failed`);
    });
    const { lines, planned, ...outcome } = sum;
    return { ...outcome, notes: { "of them by a plan": planned, lines } };
  },
};

interface Played {
  readonly done: number;
  readonly torn: number;
  readonly lines: number;
  readonly failures: readonly string[];
}

async function playRoot(stage: Stage, at: number, kills: number, how: "flood" | "torn" | "any"): Promise<Played> {
  const plan = planIn(stage.folder, `root-${at}`);
  const { root, start, launch, ok, folderOf } = openRoot(stage, `root-${at}`, plan.env);
  const stop = join(stage.folder, `stop-${at}`);
  const script = (name: string): string => resolve("test/fixtures/children", `${name}.mjs`);
  let supervisor = await start();
  const ids: string[] = [];
  for (const flags of [[], ["--jsonl"], []]) {
    const args = [script("scatter"), stop, String(at * 3 + ids.length + 1), "200"];
    ids.push(await ok("spawn", ...flags, "--", "node", ...args));
  }
  if (how === "flood") ids.push(await ok("spawn", "--", "node", script("bursts"), stop, "1000000", "300"));
  const logs = ids.map((id) => join(folderOf(id), "events.jsonl"));
  let torn = 0;
  for (let done = 0; done < kills; done += 1) {
    if (how === "flood") await untilItAppends(supervisor, logs.at(-1) ?? "", root);
    else if (how === "torn") await untilItDies(supervisor, plan, 1 + Math.floor(stage.next() * 5));
    else await pause(stage.next() * LIFE_MS);
    await kill(supervisor);
    plan.clear();
    torn += logs.filter((log) => isTorn(log)).length;
    supervisor = launch();
  }
  writeFileSync(stop, "");
  const failures: string[] = [];
  try {
    await eventually(() => ids.every((id) => existsSync(join(folderOf(id), "runs/000001/exit"))), Boolean);
    await whileTheyGrow(logs, () => logs.every((log) => isOver(log)));
  } catch {
    failures.push(`${root}: the end of a run is not told`);
  }
  await kill(supervisor);
  const checked = ids.map((id) => checkLog(folderOf(id)));
  const lines = checked.reduce((sum, one) => sum + one.lines, 0);
  return { done: kills, torn, lines, failures: [...failures, ...checked.flatMap((one) => one.failures)] };
}

const STILL_MS = 90_000;
/** Until it holds. What is slow is no failure: it is one when nothing more has come for long. */
async function whileTheyGrow(logs: readonly string[], holds: () => boolean): Promise<void> {
  const size = (): number => logs.reduce((sum, log) => sum + (statSync(log, { throwIfNoEntry: false })?.size ?? 0), 0);
  let [last, since] = [size(), Date.now()];
  while (!holds()) {
    await pause(50);
    const now = size();
    if (now > last) [last, since] = [now, Date.now()];
    if (Date.now() - since > STILL_MS) throw new Error(`no log has grown for ${STILL_MS / 1000} s`);
  }
}

/** In the middle of the n-th append to a log from now on. */
async function untilItDies(supervisor: ChildProcess, plan: PlanFile, n: number): Promise<void> {
  plan.set({ kind: "die-torn", n, ops: ["write"], path: "events\\.jsonl$", pid: supervisor.pid ?? 0 });
  const deadline = Date.now() + 5_000;
  while (supervisor.signalCode === null && supervisor.exitCode === null && Date.now() < deadline) await pause(5);
}

const SPIN_MS = 300;
/** Until bytes appear in the log, however few: the write that brings them goes on. It is looked at without any pause. */
async function untilItAppends(supervisor: ChildProcess, log: string, root: string): Promise<void> {
  const size = (): number => statSync(log, { throwIfNoEntry: false })?.size ?? 0;
  const before = size();
  const record = join(root, "supervisor.json");
  const since = Date.now();
  const deadline = since + 1_000;
  const isUp = (): boolean => (statSync(record, { throwIfNoEntry: false })?.mtimeMs ?? 0) >= since;
  while (supervisor.exitCode === null && !isUp() && Date.now() < deadline) await pause(2);
  const end = Date.now() + SPIN_MS;
  while (size() === before && Date.now() < end);
}
