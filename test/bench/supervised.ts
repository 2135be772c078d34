/** A root that the compiled binary supervises, and a client of it in this process. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { makeClient } from "../../src/supervisor/client.ts";
import { findSupervisor, socketOf } from "../../src/supervisor/start.ts";
import { openStore } from "../../src/store/fs-store.ts";
import type { Swarm } from "../../src/swarm/api.ts";
import { loadPlugins } from "../../src/swarm/load-plugins.ts";
import { reload } from "../../src/swarm/reload.ts";
import type { Snapshot } from "../../src/types.ts";
import type { BenchStage } from "./bench.ts";

export interface BenchSwarm {
  readonly root: string;
  readonly pid: number; // of the supervisor
  readonly swarm: Swarm;
  readonly spawn: (argv: readonly string[]) => Promise<Snapshot>;
  /** Stops the supervisor and all agents. */
  readonly close: () => Promise<void>;
}

/** `root` may hold a swarm already. */
export async function superviseRoot({ skep, folder }: BenchStage, root: string): Promise<BenchSwarm> {
  const run = join(folder, "run");
  mkdirSync(run, { recursive: true, mode: 0o700 });
  mkdirSync(root, { recursive: true });
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder, XDG_RUNTIME_DIR: run };
  const verb = async (...args: readonly string[]): Promise<void> => {
    const child = Bun.spawn([skep, ...args, "--root", root], { env, stdout: "ignore", stderr: "inherit" });
    if ((await child.exited) !== 0) throw new Error(`skep ${args.join(" ")} failed`);
  };
  await verb("supervisor", "start");
  const hello = await findSupervisor(root, env);
  if (hello === undefined) throw new Error("the supervisor does not answer");
  const tools = { store: openStore(root), plugins: await loadPlugins({ warn: () => {} }), now: Date.now };
  const swarm = makeClient({
    root,
    socket: () => socketOf(root, env),
    start: async () => {},
    list: () => reload(tools),
    warn: (text) => console.error(text),
  });
  return {
    root,
    pid: hello.pid,
    swarm,
    spawn: (argv) =>
      swarm.spawn(
        { runner: "exec", task: argv.join(" "), args: [...argv], dir: folder },
        {},
        { env, umask: 0o022, by: "bench" },
      ),
    async close() {
      await swarm.close();
      await verb("stop", "--all", "-y", "--grace", "100ms");
      await verb("supervisor", "stop");
    },
  };
}

/** Waits until it holds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 600_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error("it never held");
    await new Promise((again) => setTimeout(again, 5));
  }
}

/** Resolves when every agent has ended, told by the supervisor; `begin` starts them after somebody listens. */
export function endOf(swarm: Swarm, begin: () => Promise<readonly string[]>): Promise<void> {
  const ended = new Set<string>();
  let wanted: readonly string[] | undefined;
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (wanted?.every((id) => ended.has(id)) !== true) return;
      unwatch();
      resolve();
    };
    const unwatch = swarm.watch((change) => {
      if (change.change === "set" && change.agent.phase === "ended") ended.add(change.agent.id);
      look();
    });
    void begin()
      .then((ids) => {
        wanted = ids;
        return look();
      })
      .catch(reject);
  });
}
