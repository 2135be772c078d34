/** Waits for agents: by what the supervisor tells, and by a look of its own now and then, so that no wait can hang. */
import type { Snapshot } from "../types.ts";
import type { SwarmWatch } from "./api.ts";

export interface WaitOptions {
  readonly any?: boolean; // the first one is enough
  readonly exit?: boolean; // an idle agent is not enough: its process must have ended
  readonly timeout?: number; // ms
  readonly signal?: AbortSignal;
  /** Whether somebody is there to answer an agent that waits for a person; else that ends the wait too. */
  readonly answers?: boolean;
}
export interface Waited {
  readonly agents: readonly Snapshot[];
  readonly why: "settled" | "waiting" | "timeout" | "aborted";
}

/** Idle with nothing queued, or ended. */
export const isSettled = (agent: Snapshot, exit = false): boolean =>
  agent.phase === "ended" || (!exit && agent.phase === "idle" && agent.queued === undefined);

const LOOK_MS = 2_000;

export async function waitFor(swarm: SwarmWatch, ids: readonly string[], options: WaitOptions): Promise<Waited> {
  const { any = false, exit = false, answers = false, timeout, signal } = options;
  const agents = new Map<string, Snapshot>();
  const end = (): Waited["why"] | undefined => {
    const known = ids.flatMap((id) => agents.get(id) ?? []);
    const settled = known.filter((agent) => isSettled(agent, exit));
    if (any ? settled.length > 0 : settled.length === ids.length) return "settled";
    const stuck = known.filter((agent) => agent.phase === "waiting");
    return !answers && stuck.length > 0 && stuck.length + settled.length === ids.length ? "waiting" : undefined;
  };
  const look = async (): Promise<void> => {
    for (const id of ids) agents.set(id, await swarm.show(id));
  };
  return new Promise((resolve, reject) => {
    const finish = (why: Waited["why"]): void => {
      stop();
      clearInterval(looking);
      clearTimeout(late);
      resolve({ agents: ids.flatMap((id) => agents.get(id) ?? []), why });
    };
    const check = (): void => {
      const why = end();
      if (why !== undefined) finish(why);
    };
    const fail = (error: unknown): void => {
      stop();
      clearInterval(looking);
      clearTimeout(late);
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    const stop = swarm.watch((change) => {
      if (change.change !== "set" || !ids.includes(change.agent.id)) return;
      agents.set(change.agent.id, change.agent);
      check();
    });
    const again = (): void => void look().then(check, fail);
    const looking = setInterval(again, LOOK_MS);
    const late = timeout === undefined ? undefined : setTimeout(() => finish("timeout"), timeout);
    signal?.addEventListener("abort", () => finish("aborted"), { once: true });
    again();
  });
}
