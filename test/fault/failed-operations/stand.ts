/** A root under a supervisor whose file operations can be made to fail, and a client of it in this process. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "../../../src/store/fs-store.ts";
import { makeClient } from "../../../src/supervisor/client.ts";
import { findSupervisor, socketOf } from "../../../src/supervisor/start.ts";
import type { Swarm } from "../../../src/swarm/api.ts";
import type { Caller } from "../../../src/swarm/caller.ts";
import { loadPlugins } from "../../../src/swarm/load-plugins.ts";
import { reload } from "../../../src/swarm/reload.ts";
import type { Snapshot, SpawnRequest } from "../../../src/types.ts";
import { until } from "../../sandbox.ts";
import { faultySkep, planIn } from "../faulty-build.ts";
import type { Fault, Operation, Plan, Traced } from "../faulty-fs.ts";
import type { Stage } from "../scenario.ts";

/** A fault: the n-th of these operations fails so, once or from there on. */
export interface Wish {
  readonly kind: Fault;
  readonly ops: readonly Operation[];
  readonly times: number;
}

export interface Stand {
  readonly folder: string;
  readonly root: string;
  readonly swarm: Swarm;
  readonly caller: Caller;
  /** Starts a supervisor and tells whether it answered; what it said, when it did not. */
  launch(): Promise<{ readonly said?: string }>;
  /** Ends it by SIGKILL. */
  kill(): Promise<void>;
  /** Whether the one that was launched last lives. */
  lives(): boolean;
  /** From here on the n-th such operation of the supervisor fails. */
  fail(wish: Wish, n: number): void;
  /** From here on nothing fails; what failed meanwhile. */
  heal(): readonly Traced[];
  hit(): boolean;
  /** Counts such operations of a piece of work. */
  count(ops: readonly Operation[], work: () => Promise<unknown>): Promise<number>;
  /** From here on everything that is done to files is kept, with its bytes; gives what that is so far. */
  record(): () => readonly Traced[];
  /** What the supervisor has said so far. */
  said(): string;
  spawn(id: string, args: string[], options?: SpawnRequest["options"]): Promise<Snapshot>;
  list(): Promise<readonly Snapshot[]>;
}

/** `config`: of the supervisor. */
export async function openStand(stage: Stage, name: string, config: object = {}): Promise<Stand> {
  const folder = join(stage.folder, name);
  mkdirSync(join(folder, "run"), { recursive: true, mode: 0o700 });
  const root = join(folder, "root");
  const skep = faultySkep();
  const plan = planIn(folder);
  const configPath = join(folder, "config.json");
  writeFileSync(configPath, JSON.stringify(config));
  const env = { ...stage.env, ...plan.env, XDG_RUNTIME_DIR: join(folder, "run"), SKEP_CONFIG: configPath };
  const plugins = await loadPlugins({ warn: () => {}, env: {} });
  const store = openStore(root);
  const list = (): ReturnType<Swarm["list"]> => reload({ store, plugins, now: Date.now });
  const socket = (): string => socketOf(root, env);
  const swarm = makeClient({ root, socket, start: () => Promise.reject(new Error("the supervisor has ended")), list });
  const caller: Caller = { env: { ...stage.env }, umask: 0o022, by: "suite" };
  const log = join(folder, "said");
  const [hits, trace] = [join(folder, "hits"), join(folder, "trace")];
  let supervisor: ChildProcess | undefined;
  const lives = (): boolean =>
    supervisor !== undefined && supervisor.exitCode === null && supervisor.signalCode === null;
  const said = (): string => (existsSync(log) ? readFileSync(log, "utf8") : "");
  const tracedIn = (path: string): Traced[] =>
    existsSync(path)
      ? readFileSync(path, "utf8")
          .split("\n")
          .flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Traced]))
      : [];
  const set = (wish: Plan): void => {
    rmSync(hits, { force: true });
    plan.set({ ...wish, argv: "supervisor run" });
  };
  return {
    folder,
    root,
    swarm,
    caller,
    async launch() {
      const from = said().length;
      const fd = openSync(log, "a");
      const child = spawn(skep, ["supervisor", "run", "--root", root], { env, cwd: folder, stdio: ["ignore", fd, fd] });
      closeSync(fd);
      supervisor = child;
      const answers = async (): Promise<boolean> => (await findSupervisor(root, env))?.pid === child.pid;
      const up = await until(
        async () => (await answers()) || (lives() ? undefined : false),
        (seen) => seen !== undefined,
      );
      return up === true ? {} : { said: said().slice(from) };
    },
    async kill() {
      if (!lives()) return;
      supervisor?.kill("SIGKILL");
      await until(lives, (alive) => !alive);
    },
    lives,
    fail: (wish, n) => set({ ...wish, n, hit: hits }),
    heal() {
      plan.clear();
      return tracedIn(hits);
    },
    hit: () => existsSync(hits),
    async count(ops, work) {
      rmSync(trace, { force: true });
      set({ ops, trace });
      await work();
      plan.clear();
      return tracedIn(trace).filter(({ n }) => n > 0).length;
    },
    record() {
      set({ trace, data: true });
      return () => tracedIn(trace);
    },
    said,
    spawn: (id, args, options = {}) =>
      swarm.spawn({ task: "do it", runner: "exec", dir: folder, args, options }, { id }, caller),
    list: async () => (await list()).agents,
  };
}

/** A file that children write a line into, one for each start. */
export const linesIn = (path: string): string[] =>
  existsSync(path)
    ? readFileSync(path, "utf8")
        .split("\n")
        .filter((line) => line !== "")
    : [];
export const touch = (path: string): void => writeFileSync(path, "");
