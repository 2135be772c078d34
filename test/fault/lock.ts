import { existsSync, rmSync, statSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import type { ChildProcess } from "node:child_process";
import { takeLock } from "../../src/store/lock.ts";
import { findSupervisor } from "../../src/supervisor/start.ts";
import { sourceFiles } from "../source-files.ts";
import { eventually, kill, openRoot, pause, play, type Program, type Root } from "./root.ts";
import type { Scenario, Stage } from "./scenario.ts";

const STARTERS = 20;
const FREE_MS = 100;

export const scenario: Scenario = {
  name: "lock",
  what: `${STARTERS} supervisors are started at once, fresh and after a SIGKILL, under mixed runtimes`,
  holds: `one winner each time, free within ${FREE_MS} ms of the holder's death`,
  counted: "races",
  short: 4,
  full: 400,
  atLeast: (count) => Math.ceil(count * 0.9),
  happening: "in which all others met its lock",
  async run(stage) {
    buildLibrary();
    const failures: string[] = [];
    const sum = { done: 0, happened: 0 };
    let latest = 0;
    // Two races a root: a fresh one, and one for what a killed holder with live agents left.
    await play(stage, Math.ceil(stage.count / 2), 1, async (at) => {
      const box = openRoot(stage, `root-${at}`);
      for (const left of [false, true]) {
        const { winner, met, failure } = await race(box, at, stage);
        sum.done += 1;
        if (met) sum.happened += 1;
        if (failure !== undefined) failures.push(`${box.root}, ${left ? "after a SIGKILL" : "fresh"}: ${failure}`);
        if (winner === undefined) break;
        if (!left) await box.ok("spawn", "--", "sleep", "600");
        await kill(winner);
        const since = performance.now();
        const lock = await freed(join(box.root, "lock"));
        const took = performance.now() - since;
        latest = Math.max(latest, took);
        if (lock === undefined || took > FREE_MS) failures.push(`${box.root}: free after ${took.toFixed(0)} ms`);
        lock?.release();
      }
      await box.ok("stop", "--all", "-y", "--grace", "100ms");
      await box.ok("supervisor", "stop");
      rmSync(box.root, { recursive: true, force: true });
      stage.log(`${sum.done} races, ${failures.length} failed`);
    });
    return { ...sum, failures, notes: { "ms until it was free at most": latest.toFixed(1) } };
  },
};

interface Race {
  readonly winner?: ChildProcess;
  readonly met: boolean; // all others found the lock taken
  readonly failure?: string;
}

async function race(box: Root, at: number, { env }: Stage): Promise<Race> {
  const programs = runtimes();
  const said = join(`${box.root}.log`);
  const from = existsSync(said) ? statSync(said).size : 0;
  const starters = Array.from({ length: STARTERS }, (_, one) => {
    // Most are the binary, since that is what races; the others stand in a turn of their own in each race.
    const program = one % 4 === 0 ? programs[(at + one / 4) % programs.length] : programs[0];
    return box.launch(program);
  });
  const living = (): ChildProcess[] => starters.filter(({ exitCode, signalCode }) => exitCode === null && !signalCode);
  try {
    await eventually(living, ({ length }) => length <= 1);
  } catch {
    const failure = `${living().length} of ${STARTERS} live on`;
    for (const one of living()) await kill(one);
    return { met: false, failure };
  }
  const [winner] = living();
  if (winner === undefined) return { met: false, failure: "nobody won" };
  const hello = await eventually(
    () => findSupervisor(box.root, env),
    (found) => found !== undefined,
  );
  const met = box.said(from).filter((line) => line.includes("another process holds the root")).length === STARTERS - 1;
  if (hello?.pid !== winner.pid) return { winner, met, failure: `${hello?.pid} answers, ${winner.pid} lives` };
  return { winner, met };
}

/** Tries until it is had, as a supervisor that starts would. */
async function freed(path: string): ReturnType<typeof takeLock> {
  const deadline = Date.now() + 5_000;
  for (;;) {
    const lock = await takeLock(path);
    if (lock !== undefined || Date.now() > deadline) return lock;
    await pause(1);
  }
}

function runtimes(): readonly Program[] {
  const cli = resolve("dist/lib/cli.js");
  return [
    [resolve("dist/skep")],
    ["node", cli],
    [resolve("node_modules/.bin/deno"), "run", "--quiet", "-A", "--no-check", "--no-lock", cli],
  ];
}

/** The CLI for node and Deno, if it is older than what it is made of. */
function buildLibrary(): void {
  const built = existsSync("dist/lib/cli.js") ? statSync("dist/lib/cli.js").mtimeMs : 0;
  const sources = [...sourceFiles("src"), ...sourceFiles("plugins"), "build.ts", "package.json"];
  if (sources.every((path) => statSync(path).mtimeMs <= built)) return;
  const { status, stderr } = spawnSync("node_modules/.bin/bun", ["build.ts", "lib"], { encoding: "utf8" });
  if (status !== 0) throw new Error(`the library was not built: ${stderr}`);
}
