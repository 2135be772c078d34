/** A root that is kept by a supervisor process of the test's own, which can be killed at any moment, and a client of it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { openStore } from "../../src/store/fs-store.ts";
import { makeClient } from "../../src/supervisor/client.ts";
import { findSupervisor, socketOf } from "../../src/supervisor/start.ts";
import type { Swarm } from "../../src/swarm/api.ts";
import { loadPlugins } from "../../src/swarm/load-plugins.ts";
import { type ReadAgent, readAgent, type ReadTools, reload } from "../../src/swarm/reload.ts";
import type { Detail, SpawnRequest } from "../../src/types.ts";
import runners from "../fixtures/runners.ts";
import { endRemains } from "../remains.ts";
import { until } from "../sandbox.ts";

export interface Supervised {
  readonly folder: string;
  readonly root: string;
  readonly env: Record<string, string | undefined>;
  /** Asks whoever supervises at that moment; starts nobody. */
  readonly swarm: Swarm;
  /** What a reader sees, from the files alone. */
  readonly tools: ReadTools;
  /** Starts a supervisor and does not wait for it. */
  launch(): ChildProcess;
  /** Ends by SIGKILL whatever supervises, starts a new one and returns when it answers. */
  start(): Promise<void>;
  /** Ends by SIGKILL whatever supervises; returns when it is gone. */
  kill(): Promise<void>;
  /** The newest agent's or this one's folder. */
  folderOf(id: string): string;
  spawn(request: Partial<SpawnRequest>, options?: Parameters<Swarm["spawn"]>[1]): Promise<string>;
  reaches(id: string, holds: (agent: Detail) => boolean): Promise<Detail>;
  read(id: string): Promise<ReadAgent>;
  close(): Promise<void>;
}

/** How this runtime runs the program, and the runners as a plugin that it can read: test/run.ts bundles them for Node. */
const { program: PROGRAM, runners: RUNNERS } =
  "Bun" in globalThis
    ? { program: ["src/cli/main.ts"], runners: "test/fixtures/runners.ts" }
    : "Deno" in globalThis
      ? { program: ["run", "-A", "--no-check", "--no-lock", "src/cli/main.ts"], runners: "test/fixtures/runners.ts" }
      : { program: [".cache/test/node/cli.js"], runners: ".cache/test/node/test/fixtures/runners.js" };

export interface SupervisedOptions {
  /** What the supervisor and its agents run with. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The program that supervises: from its sources by default. */
  readonly command?: readonly string[];
  /** Its client waits for a supervisor that is being started, however busy the machine is. */
  readonly patient?: boolean;
}

export async function openSupervised(options: SupervisedOptions = {}): Promise<Supervised> {
  const [program = "", ...words] = options.command ?? [process.execPath, ...PROGRAM];
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "skep-kept-")));
  const root = join(folder, "root");
  const env: Record<string, string | undefined> = {
    ...(options.env ?? process.env),
    XDG_RUNTIME_DIR: folder,
    HOME: folder,
  };
  const plugins = await loadPlugins({ warn: () => {}, env, plugins: [runners] });
  const tools: ReadTools = { store: openStore(root), plugins, now: Date.now };
  const started = new Set<ChildProcess>();
  const swarm = makeClient({
    root,
    socket: () => socketOf(root, env),
    start: async () => {
      if (options.patient === true) await until(() => findSupervisor(root, env), Boolean, 60_000);
    },
    list: () => reload(tools),
  });
  const launch = (): ChildProcess => {
    const args = ["supervisor", "run", "--root", root, "--plugin", resolve(RUNNERS)];
    const child = spawn(program, [...words, ...args], {
      env,
      stdio: ["ignore", "ignore", process.env["SKEP_TEST_TALK"] === undefined ? "ignore" : "inherit"],
    });
    started.add(child);
    child.once("exit", () => started.delete(child));
    return child;
  };
  const killAll = async (): Promise<void> => {
    for (const child of started) await kill(child);
  };
  return {
    folder,
    root,
    env,
    swarm,
    tools,
    launch,
    async start() {
      await killAll();
      const { pid } = launch();
      await until(
        () => findSupervisor(root, env),
        (hello) => hello?.pid === pid,
      );
    },
    kill: killAll,
    folderOf: (id) => join(root, "agents", id),
    async spawn(request, options) {
      const caller = { env: definedOf(env), umask: 0o022, by: "test" };
      return (await swarm.spawn({ task: "do it", runner: "exec", dir: folder, ...request }, options, caller)).id;
    },
    reaches: (id, holds) => until(() => swarm.show(id), holds),
    async read(id) {
      const agent = await readAgent(tools, id);
      if (agent === undefined) throw new Error(`no agent ${id}`);
      return agent;
    },
    async close() {
      await swarm.close();
      await killAll();
      endRemains(root);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const definedOf = (env: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined));

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

/** Numbers from 0 to 1, the same each time. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}
