/** A root whose supervisor is killed and at once followed by rivals, and a client that repeats itself until it has its answer. */
import { type ChildProcess } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "../../src/store/fs-store.ts";
import { makeClient } from "../../src/supervisor/client.ts";
import { findSupervisor, socketOf } from "../../src/supervisor/start.ts";
import type { Swarm } from "../../src/swarm/api.ts";
import { loadPlugins } from "../../src/swarm/load-plugins.ts";
import { type ReadTools, reload } from "../../src/swarm/reload.ts";
import { type PlanFile, planIn } from "./faulty-build.ts";
import { eventually, kill, openRoot, type Root } from "./root.ts";
import type { Stage } from "./scenario.ts";

export interface Keeper extends Root {
  readonly env: Readonly<Record<string, string>>;
  readonly plan: PlanFile;
  readonly client: Swarm;
  readonly tools: ReadTools; // a reader's, of the files alone
  /** The one that holds the root; one is started if none does. */
  holder(): Promise<ChildProcess>;
  /** What children of this root wrote about themselves when they began: `<id> <mark of the run> <pid>`. */
  begun(): readonly { readonly id: string; readonly mark: string; readonly pid: number }[];
  readonly begins: string; // the file for that
  /** Ends all supervisors and the client. */
  close(): Promise<void>;
}

export async function openKeeper(stage: Stage, name: string): Promise<Keeper> {
  const plan = planIn(stage.folder, name);
  const env = { ...stage.env, ...plan.env, FAULT_ROOT: name };
  const box = openRoot(stage, name, env);
  const { root } = box;
  const plugins = await loadPlugins({ warn: () => {}, env });
  const tools: ReadTools = { store: openStore(root), plugins, now: Date.now };
  const launched = new Set<ChildProcess>();
  const begins = join(stage.folder, `${name}.begins`);
  let closed = false;
  const launch: Root["launch"] = (program) => {
    const child = box.launch(program);
    launched.add(child);
    child.once("exit", (_code, signal) => {
      launched.delete(child);
      if (signal === "SIGKILL" && !closed) launch(program); // a rival of what the client starts
    });
    return child;
  };
  const answering = (): ReturnType<typeof findSupervisor> => findSupervisor(root, env);
  const start = async (): Promise<void> => {
    launch();
    await eventually(answering, (hello) => hello !== undefined);
  };
  const client = makeClient({ root, socket: () => socketOf(root, env), start, list: () => reload(tools) });
  return {
    ...box,
    launch,
    env,
    plan,
    client,
    tools,
    begins,
    async holder() {
      if ((await answering()) === undefined) await start();
      const hello = await answering();
      const found = [...launched].find(({ pid }) => pid === hello?.pid);
      if (found === undefined) throw new Error(`${root} is held by ${hello?.pid}, which was not launched here`);
      return found;
    },
    begun() {
      if (!existsSync(begins)) return [];
      const lines = readFileSync(begins, "utf8").trimEnd().split("\n");
      return lines.map((line) => {
        const [id = "", mark = "", pid = ""] = line.split(" ");
        return { id, mark, pid: Number(pid) };
      });
    },
    async close() {
      closed = true;
      await client.close();
      for (const child of launched) await kill(child);
    },
  };
}
