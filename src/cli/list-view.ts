import { byStarted } from "../core/selector.ts";
import type { Snapshot, SwarmView } from "../types.ts";
import type { CommandContext } from "./command.ts";
import { isRecent } from "./recent.ts";

/** What `ls` shows of the chosen agents: without `-a` and names those that ended long ago are only counted. */
export function listView({ args }: CommandContext, view: SwarmView, chosen: readonly Snapshot[]): SwarmView {
  const everything = args.options.has("all") || args.positionals.length > 0;
  const agents = chosen.filter((agent) => everything || isRecent(agent, Date.now())).toSorted(byStarted);
  return { ...view, agents, hidden: chosen.length - agents.length };
}
