import type { Phase, Snapshot, Status } from "../types.ts";

/** Which agents are meant, beside their names. What is absent does not narrow. */
export interface AgentFilter {
  readonly labels?: ReadonlyMap<string, string>; // all of them
  readonly statuses?: readonly Status[]; // one of them
  readonly phases?: readonly Phase[];
  readonly under?: string; // absolute path: the agent's dir is it or below it
}

export const STATUSES: readonly Status[] = ["pending", "running", "done", "failed", "killed", "detached"];
export const PHASES: readonly Phase[] = ["working", "waiting", "idle", "ended"];

export function matches(agent: Snapshot, filter: AgentFilter): boolean {
  const { labels, statuses, phases, under } = filter;
  if (statuses !== undefined && !statuses.includes(agent.status)) return false;
  if (phases !== undefined && !phases.includes(agent.phase)) return false;
  if (under !== undefined && !isUnder(agent.dir, under)) return false;
  return [...(labels ?? [])].every(
    ([key, value]) => agent.labels !== undefined && Object.hasOwn(agent.labels, key) && agent.labels[key] === value,
  );
}

/** By text alone: both are real paths, with "/" or "\" between their parts. */
function isUnder(dir: string, folder: string): boolean {
  if (!dir.startsWith(folder)) return false;
  return dir.length === folder.length || /[/\\]$/.test(folder) || /^[/\\]/.test(dir.slice(folder.length));
}
