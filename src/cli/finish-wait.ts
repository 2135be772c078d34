/** Waits for agents and says how it ended by the exit code, which `wait`, `send -w` and `spawn -w` share. */
import { sanitizeLine } from "../core/sanitize.ts";
import { agentFailed, agentWaits, interrupted, waitedTooLong } from "../errors.ts";
import { isSettled, waitFor, type WaitOptions } from "../swarm/wait.ts";
import type { Detail, Snapshot } from "../types.ts";
import type { Access } from "./access.ts";
import { isTerminal } from "./standard-streams.ts";

/** Throws SkepError "timeout", "interrupted", "waiting" when nobody can answer. */
export async function waitForAgents(
  access: Access,
  ids: readonly string[],
  options: Omit<WaitOptions, "signal">,
): Promise<readonly (Snapshot | Detail)[]> {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.once("SIGINT", stop);
  const answers = isTerminal(0) && isTerminal(2);
  const unwatch = answers ? sayWhatIsAsked(access, ids) : () => {};
  try {
    const { agents, why } = await waitFor(access.swarm, ids, { answers, ...options, signal: stopping.signal });
    const { exit } = options;
    if (why === "timeout") throw waitedTooLong(agents.filter((agent) => !isSettled(agent, exit)).map(({ id }) => id));
    if (why === "aborted") throw interrupted();
    const stuck = agents.find(({ phase }) => phase === "waiting");
    if (why === "waiting" && stuck !== undefined)
      throw agentWaits(stuck.id, stuck.waiting?.at(-1)?.what, stuck.activity);
    return agents;
  } finally {
    unwatch();
    process.off("SIGINT", stop);
  }
}

/** A person at a terminal can answer from another one, and is told what to. */
function sayWhatIsAsked({ swarm }: Access, ids: readonly string[]): () => void {
  const said = new Set<string>();
  return swarm.watch((change) => {
    if (change.change !== "set" || !ids.includes(change.agent.id)) return;
    const { id, handle, waiting = [] } = change.agent;
    for (const { request, what } of waiting) {
      if (said.has(`${id} ${request}`)) continue;
      said.add(`${id} ${request}`);
      process.stderr.write(
        `skep: ${sanitizeLine(`${id} asks: ${what}`)} (skep approve ${handle}, or skep deny ${handle})\n`,
      );
    }
  });
}

const FAILED: ReadonlySet<Snapshot["status"]> = new Set(["failed", "killed", "detached"]);
export const hasFailed = ({ status }: Snapshot): boolean => FAILED.has(status);

/** Throws SkepError "agent_failed" for the first that failed, was killed or is lost. */
export function checkOutcome(agents: readonly Snapshot[]): void {
  const bad = agents.find(hasFailed);
  if (bad === undefined) return;
  // What a command said last on stderr, or an agent called an error, is most often why it failed.
  const [, last] = /^(?:stderr|error): (.*)$/.exec(bad.tail.at(-1) ?? "") ?? [];
  const how = bad.activity.replace(/ \(.*\)$/, "");
  throw agentFailed(bad.id, last === undefined || how.includes(last) ? how : `${how}: ${last}`);
}
