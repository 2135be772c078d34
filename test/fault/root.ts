/** A root of a scenario's own: its supervisors are children of the suite and can be killed at any moment. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findSupervisor } from "../../src/supervisor/start.ts";
import { ended, type Ran, until } from "../sandbox.ts";
import type { Stage } from "./scenario.ts";

export type Program = readonly [string, ...string[]];

export interface Root {
  readonly root: string;
  /** Starts a supervisor and does not wait for it; `program` instead of the binary. */
  launch(program?: Program): ChildProcess;
  /** Starts one and returns when it answers. */
  start(program?: Program): Promise<ChildProcess>;
  /** Lines that supervisors launched here have said, from a byte of `<root>.log` on. */
  said(from: number): readonly string[];
  folderOf(id: string): string;
  /** A verb of the binary in this root. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ran>;
  /** The same; throws when it does not succeed. Gives what it printed, without its last newline. */
  ok(...args: readonly string[]): Promise<string>;
}

export function openRoot(
  { folder, env, skep }: Stage,
  name: string,
  more: Readonly<Record<string, string>> = {},
): Root {
  const root = join(folder, name);
  const own = { ...env, ...more };
  const launch: Root["launch"] = (program = [skep]) => {
    const [command, ...args] = [...program, "supervisor", "run", "--root", root];
    const said = openSync(join(folder, `${name}.log`), "a");
    const child = spawn(command, args, { env: own, cwd: folder, stdio: ["ignore", said, said] });
    closeSync(said);
    return child;
  };
  const run: Root["run"] = (args, extra = {}) =>
    ended(
      spawn(skep, ["--root", root, ...args], {
        env: { ...own, ...extra },
        cwd: join(folder, "work"),
        stdio: ["ignore", "pipe", "pipe"],
      }),
    );
  return {
    root,
    launch,
    async start(program) {
      const child = launch(program);
      await eventually(
        () => findSupervisor(root, own),
        (hello) => hello?.pid === child.pid,
      );
      return child;
    },
    said: (from) => readFileSync(`${root}.log`).subarray(from).toString("utf8").split("\n"),
    folderOf: (id) => join(root, "agents", id),
    run,
    async ok(...args) {
      const { code, stdout, stderr } = await run(args);
      if (code !== 0) throw new Error(`skep ${args.join(" ")}: ${code}: ${stdout}${stderr}`);
      return stdout.trimEnd();
    },
  };
}

/** Ends it by SIGKILL; returns when it is gone. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

/** Looks until it holds; long enough for a machine that is busy with other things. */
export const eventually = <T>(look: () => Promise<T> | T, holds: (seen: T) => boolean, limit = 90_000): Promise<T> =>
  until(look, holds, limit);

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Plays so many rounds, some at once, or as many as there is time for; `round` gets its number. */
export async function play(
  { isLate }: Stage,
  rounds: number,
  atOnce: number,
  round: (at: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < rounds && !isLate()) {
      next += 1;
      await round(next - 1);
    }
  };
  await Promise.all(Array.from({ length: Math.min(rounds, atOnce) }, one));
}
