/** A piece of a supervisor's life, with each of its file operations and with what it acknowledged after how many of them. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../sandbox.ts";
import { openStand, type Stand } from "../failed-operations/stand.ts";
import type { Traced } from "../faulty-fs.ts";
import type { Stage } from "../scenario.ts";

export interface Deed {
  readonly kind: "spawn" | "send" | "stop" | "resume" | "rm";
  readonly id: string;
  readonly message?: string;
  readonly begun: number; // operations before it was asked for
  readonly done: number; // and before it was acknowledged
}
export interface Recording {
  readonly root: string;
  readonly operations: readonly Traced[];
  readonly deeds: readonly Deed[];
  /** What shims and children wrote, by path: they sync nothing. */
  readonly strangers: ReadonlyMap<string, Buffer>;
}

const LOG_BYTES = 65_536; // less than one of the agents says: its log is split

export async function recordLife(stage: Stage): Promise<Recording> {
  const stand = await openStand(stage, "life", { retain: { max_log_bytes: LOG_BYTES } });
  const operations = stand.record();
  const deeds: Deed[] = [];
  const strangers = new Map<string, Buffer>();
  const doing = async (deed: Omit<Deed, "begun" | "done">, work: () => Promise<unknown>): Promise<void> => {
    const begun = operations().length;
    gather(stand.root, strangers);
    await work();
    deeds.push({ ...deed, begun, done: operations().length });
    gather(stand.root, strangers);
  };
  const spawn = (id: string, script: string, stdin = false): Promise<void> =>
    doing({ kind: "spawn", id }, () => stand.spawn(id, ["sh", "-c", script], stdin ? { stdin } : {}));
  const send = (id: string, message: string, text: string): Promise<void> =>
    doing({ kind: "send", id, message }, () => stand.swarm.send(id, text, { message }, stand.caller));
  const stop = (id: string): Promise<void> =>
    doing({ kind: "stop", id }, () => stand.swarm.stop(id, { grace: 500, by: "suite" }));
  await stand.launch();
  await spawn("ends-000001", "echo one; echo two >&2; exit 3");
  await spawn("reads-000002", "cat; exit 4", true);
  await send("reads-000002", "m-1", "hello");
  await send("reads-000002", "m-2", "x".repeat(9_000));
  await shown(stand, "ends-000001", "ended");
  await doing({ kind: "resume", id: "ends-000001" }, () =>
    stand.swarm.resume("ends-000001", { request: "r-1" }, stand.caller),
  );
  await stand.kill();
  await stand.launch();
  await send("reads-000002", "m-3", "after a kill");
  await spawn("lives-000003", 'i=0; while [ $i -lt 300 ]; do printf "line %0300d\n" $i; i=$((i+1)); done; sleep 1000');
  await stop("reads-000002");
  await spawn("goes-000004", "exit 5");
  await shown(stand, "goes-000004", "ended");
  await doing({ kind: "rm", id: "goes-000004" }, () => stand.swarm.remove("goes-000004", { by: "suite" }));
  await stop("lives-000003");
  await stand.kill();
  return { root: stand.root, operations: operations(), deeds, strangers };
}

const shown = (stand: Stand, id: string, phase: string): Promise<unknown> =>
  until(
    () => stand.swarm.show(id),
    (agent) => agent.phase === phase,
  );

const NAMES = ["claim", "child", "feed", "exit", "out", "err"];

function gather(root: string, into: Map<string, Buffer>): void {
  const agents = join(root, "agents");
  if (!existsSync(agents)) return;
  for (const name of readdirSync(agents, { recursive: true, encoding: "utf8" })) {
    const path = join(agents, name);
    if (!NAMES.some((one) => path.endsWith(`/${one}`)) || !statSync(path, { throwIfNoEntry: false })?.isFile())
      continue;
    into.set(path, readFileSync(path));
  }
}
