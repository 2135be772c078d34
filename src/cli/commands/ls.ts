import { usage } from "../../errors.ts";
import { openAccess } from "../access.ts";
import type { Command } from "../command.ts";
import { listView } from "../list-view.ts";
import { printList, sayUnwatched } from "../show-view.ts";
import { listed } from "../which.ts";
import { isTerminal } from "../standard-streams.ts";

export const ls: Command = {
  async run(context) {
    const { args, talk } = context;
    const archived = args.options.has("archived");
    if (archived && args.options.has("watch")) throw usage("--archived and --watch do not go together");
    const access = await openAccess(context);
    if (args.options.has("watch")) return (await import("../watch-swarm.ts")).watchSwarm(context, access);
    const { view: all, chosen } = await listed(context, access, archived);
    const view = listView(context, all, chosen);
    await printList(context, access, view);
    const { agents, hidden, problems } = view;
    if (hidden > 0)
      await talk.notice(
        `${hidden} that ended more than a day ago ${hidden === 1 ? "is" : "are"} not shown; -a shows all`,
      );
    else if (all.agents.length === 0 && isTerminal(1))
      await talk.notice(
        archived ? "nobody is archived" : "there are no agents yet; start one: skep spawn -- <command>",
      );
    if (problems.length > 0)
      await talk.warn(
        `${problems.length} record${problems.length === 1 ? "" : "s"} could not be read${archived ? `: ${problems.map(({ path }) => path).join(", ")}` : "; skep reload says which"}`,
      );
    await sayUnwatched(context, access, agents);
  },
};
