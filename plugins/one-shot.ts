/** Agents that take one prompt a run, on a stdin that ends: a message is the next run, and a signal ends a run. */
import type { Command, Delivery, RunSpec } from "skep";

export function deliverOneShot(command: Command): Delivery {
  switch (command.kind) {
    case "user":
      return { to: "next_run" };
    case "cancel":
    case "shutdown":
      return { to: "signal", signal: "SIGINT" };
    case "answer":
      return { to: "refused", why: "it asks for nothing while it runs: say at its start what it may do" };
  }
}

/**
 * The conversation that a run goes on with; undefined for a new one. Throws when there should be one and none is known:
 * a new one must not pass for it.
 */
export function conversationOf({ agent, resuming, message }: RunSpec): string | undefined {
  if (agent.agent_session !== undefined || !resuming) return agent.agent_session;
  if (message?.id === TASK) return undefined; // no run before could take it
  throw new Error("its conversation never began, so there is none to go on with: spawn the task again");
}
const TASK = "m-0";

/** Refuses to go on elsewhere: these agents look for a conversation only in the folder in which it began. */
export function refuseOtherFolder({ paths }: RunSpec, agent: string): void {
  if (paths.before === undefined || paths.before === paths.dir) return;
  throw new Error(`${agent} finds its conversation only in ${paths.before}: resume it there, or spawn a new one here`);
}

/** Refuses words after `--` that skep says itself: with another value it would be deaf, or in another conversation. */
export function refuseWords(args: readonly string[], ours: ReadonlySet<string>, agent: string): void {
  const taken = args.map((word) => word.replace(/=.*/s, "")).find((word) => ours.has(word));
  if (taken !== undefined) throw new Error(`${taken} is what skep tells ${agent} itself: leave it out`);
}
