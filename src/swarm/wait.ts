/** Waits for agents: by what the supervisor tells, and by a look of its own now and then, so that no wait can hang. */
import type { Detail, Snapshot } from "../types.ts";
import type { SwarmWatch } from "./api.ts";

/** What is waited for; by default until all are idle or ended. */
export interface WaitOptions {
  readonly any?: boolean; // the first one is enough
  readonly exit?: boolean; // an idle agent is not enough: its process must have ended
  readonly timeout?: number; // ms; none by default
  readonly signal?: AbortSignal;
  /** Waits for the end of this message's turn rather than for an idle agent. An agent that has ended starts none. */
  readonly message?: string;
  readonly queue?: boolean; // but the message's may be resumed: it is waited for
  /** Whether somebody is there to answer an agent that waits for a person; else that ends the wait too. */
  readonly answers?: boolean;
}
/** How the agents stand, in the order of the ids, and why the wait is over. */
export interface Waited {
  readonly agents: readonly (Snapshot | Detail)[];
  readonly why: "settled" | "waiting" | "timeout" | "aborted";
}

/** Idle with nothing queued, or ended. */
export const isSettled = (agent: Snapshot, exit = false): boolean =>
  agent.phase === "ended" || (!exit && agent.phase === "idle" && agent.queued === undefined);

const isAnswered = (agent: Snapshot | Detail, message: string): boolean =>
  "messages" in agent &&
  agent.messages.some(({ id, state }) => id === message && (state === "done" || state === "undeliverable"));

const FIRST_LOOK_MS = 20; // what changes before somebody listens is not told
const LOOK_MS = 2_000;

/**
 * Waits for agents by their whole ids. Never rejects for a timeout or a signal: `why` tells. Rejects with SkepError "not_found"
 * for an agent that is not there, and with what else `swarm.show` throws.
 */
export async function waitFor(swarm: SwarmWatch, ids: readonly string[], options: WaitOptions): Promise<Waited> {
  const { any = false, exit = false, answers = false, queue = false, message, timeout, signal } = options;
  const agents = new Map<string, Snapshot | Detail>();
  const isOver = (agent: Snapshot | Detail): boolean =>
    message === undefined ? isSettled(agent, exit) : isAnswered(agent, message) || (agent.phase === "ended" && !queue);
  const outcome = (): Waited["why"] | undefined => {
    const known = ids.flatMap((id) => agents.get(id) ?? []);
    const settled = known.filter(isOver);
    if (any ? settled.length > 0 : settled.length === ids.length) return "settled";
    const stuck = known.filter((agent) => agent.phase === "waiting");
    return !answers && stuck.length > 0 && stuck.length + settled.length === ids.length ? "waiting" : undefined;
  };
  const look = async (): Promise<void> => {
    for (const id of ids) agents.set(id, await swarm.show(id));
  };
  return new Promise((resolve, reject) => {
    let done = false;
    let looking: NodeJS.Timeout | undefined;
    const end = (): void => {
      done = true;
      stop();
      clearTimeout(looking);
      clearTimeout(late);
    };
    const finish = (why: Waited["why"]): void => {
      end();
      resolve({ agents: ids.flatMap((id) => agents.get(id) ?? []), why });
    };
    const check = (): void => {
      const why = outcome();
      if (why !== undefined) finish(why);
    };
    const fail = (error: unknown): void => {
      end();
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    const again = async (): Promise<void> => {
      await look();
      if (!done) check();
    };
    const keepLooking = async (ms: number): Promise<void> => {
      await again();
      if (!done) looking = setTimeout(() => void keepLooking(Math.min(LOOK_MS, ms * 2)).catch(fail), ms);
    };
    const stop = swarm.watch((change) => {
      if (change.change !== "set" || !ids.includes(change.agent.id)) return;
      if (message !== undefined) return void again().catch(fail); // a change tells nothing of messages
      agents.set(change.agent.id, change.agent);
      check();
    });
    const late = timeout === undefined ? undefined : setTimeout(() => finish("timeout"), timeout);
    signal?.addEventListener("abort", () => finish("aborted"), { once: true });
    if (signal?.aborted === true) finish("aborted");
    else keepLooking(FIRST_LOOK_MS).catch(fail);
  });
}
