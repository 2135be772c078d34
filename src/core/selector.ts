import { handleOf } from "./id.ts";

/** What of an agent a selector looks at: a Snapshot has it. */
export interface Selectable {
  readonly id: string;
  readonly started: string; // RFC 3339
  readonly session_id?: string | undefined;
}
export type Resolved =
  | { readonly id: string }
  | { readonly error: "none" | "ambiguous"; readonly candidates: readonly string[] };

/**
 * Finds the agent that an id, a handle, a unique prefix of either or `@last` names. A whole id is found anywhere in the root,
 * the others among the agents of the session and of none (without a session: all). An exact name beats a prefix.
 */
export function resolve(selector: string, agents: readonly Selectable[], session?: string): Resolved {
  if (agents.some(({ id }) => id === selector)) return { id: selector };
  const view = agents.filter((agent) => inView(agent, session));
  if (selector === "@last") return only(oldestFirst(view).slice(-1));
  const exact = view.filter(({ id }) => handleOf(id) === selector);
  if (exact.length > 0) return only(exact);
  return only(
    selector === "" ? [] : view.filter(({ id }) => id.startsWith(selector) || handleOf(id).startsWith(selector)),
  );
}

/** Whether somebody in this host session sees the agent. */
export function inView(agent: { readonly session_id?: string | undefined }, session: string | undefined): boolean {
  return !session || !agent.session_id || agent.session_id === session;
}

function only(found: readonly Selectable[]): Resolved {
  const [first] = found;
  if (first !== undefined && found.length === 1) return { id: first.id };
  return { error: first === undefined ? "none" : "ambiguous", candidates: found.map(({ id }) => id) };
}

/** Oldest first; of two that started in one millisecond the smaller id, so that the order is always the same. */
export const oldestFirst = <T extends Selectable>(agents: readonly T[]): readonly T[] =>
  agents
    .map((agent) => ({ agent, time: Date.parse(agent.started) || 0 })) // read once, not with each comparison
    .toSorted((a, b) => a.time - b.time || (a.agent.id < b.agent.id ? -1 : 1))
    .map(({ agent }) => agent);
