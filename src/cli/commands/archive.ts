/** `archive` and `unarchive`: agents that ended long ago go out of the way, and come back. */
import { isOld } from "../../core/ended.ts";
import { resolve } from "../../core/selector.ts";
import { ambiguous, nobodyArchived } from "../../errors.ts";
import { archivedView } from "../../swarm/archived-view.ts";
import { reload } from "../../swarm/reload.ts";
import type { Snapshot } from "../../types.ts";
import type { Access } from "../access.ts";
import type { Command, CommandContext } from "../command.ts";
import { durationOf } from "../option-values.ts";
import { chosen, narrowed } from "../which.ts";
import { eachCommand } from "./each.ts";

const DEFAULT_AGE_MS = 7 * 24 * 3_600_000;

export const archive: Command = eachCommand({
  verb: "archive",
  asks: false, // it can be undone
  async choose(context, access) {
    const { args } = context;
    const named = args.positionals.length > 0;
    const age = durationOf(args.options, "older-than");
    const found = named ? await chosen(context, access) : narrowed(context, (await reload(access.reader)).agents);
    if (named && age === undefined) return found; // what cannot be is told then
    const now = Date.now();
    return found.filter((agent) => isOld(agent, now, age ?? DEFAULT_AGE_MS));
  },
  async act(agent, { swarm }) {
    await swarm.archive(agent.id);
    return agent;
  },
});

export const unarchive: Command = eachCommand({
  verb: "unarchive",
  asks: false,
  choose: async (context, access) => archivedOf(context, access),
  act: (agent, { swarm }) => swarm.unarchive(agent.id),
});

async function archivedOf(context: CommandContext, access: Access): Promise<readonly Snapshot[]> {
  const { args, settings } = context;
  const { agents } = archivedView(access.reader.store);
  const found = args.positionals.map((name): Snapshot => {
    const named = resolve(name, agents, settings.session);
    if ("id" in named) {
      const agent = agents.find(({ id }) => id === named.id);
      if (agent !== undefined) return agent;
    } else if (named.error === "ambiguous") throw ambiguous(name, named.candidates);
    throw nobodyArchived(name);
  });
  return [...new Set(found)];
}
