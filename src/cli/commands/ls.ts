import { byStarted } from "../../core/selector.ts";
import { openAccess } from "../access.ts";
import type { Command } from "../command.ts";
import { isRecent } from "../recent.ts";
import { printView, sayUnwatched } from "../show-view.ts";
import { listed } from "../which.ts";
import { watchSwarm } from "../watch-swarm.ts";

export const ls: Command = {
  async run(context) {
    const { args, settings, output, talk } = context;
    const access = await openAccess(context);
    if (args.options.has("watch")) return watchSwarm(context, access);
    const { view, chosen } = await listed(context, access);
    const everything = args.options.has("all") || args.positionals.length > 0;
    const agents = chosen.filter((agent) => everything || isRecent(agent, Date.now())).toSorted(byStarted);
    const hidden = chosen.length - agents.length;
    if (settings.quiet) await output.write(agents.map(({ id }) => `${id}\n`).join(""));
    else await printView(context, access, "ls", { ...view, agents, hidden });
    if (hidden > 0)
      await talk.notice(
        `${hidden} that ended more than a day ago ${hidden === 1 ? "is" : "are"} not shown; -a shows all`,
      );
    const { length } = view.problems;
    if (length > 0)
      await talk.warn(`${length} record${length === 1 ? "" : "s"} could not be read; skep reload says which`);
    await sayUnwatched(context, access, agents);
  },
};
