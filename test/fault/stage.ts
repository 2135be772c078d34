/** A scenario's folder and environment, and an end to everything that was started with it. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { allPids, isAlive, type ProcessStat, readSystem, statOf } from "../../src/process/liveness.ts";
import type { Stage } from "./scenario.ts";

const MARK = "FAULT_SUITE"; // not SKEP_*: skep takes those from what it starts

export interface OpenStage extends Stage {
  /** Ends what was started, and removes the folder unless it is to be kept. */
  close(keep?: boolean): Promise<void>;
}

export function openStage(
  options: Pick<Stage, "count" | "full" | "log"> & { readonly seed: number; readonly minutes?: number },
): OpenStage {
  const { seed, minutes = Number.POSITIVE_INFINITY, ...rest } = options;
  const deadline = Date.now() + minutes * 60_000;
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "skep-fault-")));
  for (const name of ["home", "run", "work"]) mkdirSync(join(folder, name), { mode: 0o700 });
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: join(folder, "home"),
    XDG_RUNTIME_DIR: join(folder, "run"),
    NO_COLOR: "1",
    [MARK]: folder,
  };
  return {
    ...rest,
    folder,
    env,
    skep: resolve("dist/skep"),
    next: seeded(seed),
    isLate: () => Date.now() > deadline,
    async close(keep = false) {
      await endAll(env);
      if (keep) return console.error(`kept: ${folder}`);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Live processes that were started with this environment, and theirs; `name`: by a further variable of it too. */
export function startedWith(env: Stage["env"], name: string = MARK): ProcessStat[] {
  const wanted = [MARK, name].map((one) => `\0${one}=${env[one] ?? ""}\0`);
  return allPids().flatMap((pid) => {
    const environment = `\0${readSystem(`/proc/${pid}/environ`) ?? ""}`;
    if (pid === process.pid || !wanted.every((one) => environment.includes(one))) return [];
    const found = statOf(pid);
    return found === undefined || found.zombie ? [] : [found];
  });
}

/** Pid by pid, until none is left: what was about to start another one has done so by then. */
async function endAll(env: Stage["env"]): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const found = startedWith(env);
    if (found.length === 0) return;
    for (const one of found) end(one);
    await new Promise((again) => setTimeout(again, 20));
  }
  throw new Error(
    `processes of the suite live on: ${startedWith(env)
      .map(({ pid }) => pid)
      .join(" ")}`,
  );
}

function end(one: ProcessStat): void {
  try {
    if (isAlive(one)) process.kill(one.pid, "SIGKILL");
  } catch {
    // it was faster
  }
}

/** Numbers from 0 to 1, the same each time. */
export function seeded(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}
