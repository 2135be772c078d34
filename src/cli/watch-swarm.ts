/** `ls --watch`: the view again on each change, at most ten times a second. From files alone, as `ls` itself. */
import { setTimeout as pause } from "node:timers/promises";
import { byStarted } from "../core/selector.ts";
import type { Access } from "./access.ts";
import type { CommandContext } from "./command.ts";
import { printJsonLines } from "./print-json.ts";
import { isRecent } from "./recent.ts";
import { printView } from "./show-view.ts";
import { listed } from "./which.ts";

const LOOK_MS = 500;
const CLEAR = "\u001b[H\u001b[2J";

export async function watchSwarm(context: CommandContext, access: Access): Promise<void> {
  const { args, settings, output } = context;
  const json = settings.json || args.options.value("output") === "json";
  let before = new Map<string, string>();
  while (!output.closed.aborted) {
    const { view, chosen } = await listed(context, access);
    const everything = args.options.has("all") || args.positionals.length > 0;
    const agents = chosen.filter((agent) => everything || isRecent(agent, Date.now())).toSorted(byStarted);
    const now = new Map(agents.map((agent) => [agent.id, JSON.stringify(agent)]));
    const changed = agents.filter(({ id }) => before.get(id) !== now.get(id));
    const gone = [...before.keys()].filter((id) => !now.has(id));
    if (json) {
      const set = changed.map((agent) => ({ change: "set", agent }));
      await printJsonLines(output, [...set, ...gone.map((id) => ({ change: "removed", id }))]);
    } else if (changed.length > 0 || gone.length > 0 || before.size === 0) {
      if (process.stdout.isTTY) await output.write(CLEAR);
      await printView(context, access, "ls", { ...view, agents, hidden: chosen.length - agents.length });
    }
    before = now;
    await pause(LOOK_MS);
  }
}
