import { oldestFirst } from "../core/selector.ts";
import { endedAt } from "../core/ended.ts";
import type { Snapshot, SwarmView } from "../types.ts";
import type { CommandContext } from "./command.ts";
import { isRecent } from "./recent.ts";

/** What `ls` shows of the chosen agents: without `-a` and names those that ended long ago are only counted. */
export function listView({ args }: CommandContext, view: SwarmView, chosen: readonly Snapshot[]): SwarmView {
  const everything = args.options.has("all") || args.options.has("archived") || args.positionals.length > 0;
  const now = Date.now();
  const agents = oldestFirst(
    chosen.filter((agent) => everything || agent.phase !== "ended" || isRecent(endedAt(agent), now)),
  );
  return { ...view, agents, hidden: view.hidden + chosen.length - agents.length };
}
