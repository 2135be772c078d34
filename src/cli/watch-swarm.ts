/** `ls --watch`: the view again on each change, at most ten times a second. From files alone, as `ls` itself. */
import { setTimeout as pause } from "node:timers/promises";
import { byStarted } from "../core/selector.ts";
import type { Snapshot } from "../types.ts";
import type { Access } from "./access.ts";
import type { CommandContext } from "./command.ts";
import { isRecent } from "./recent.ts";
import { printView } from "./show-view.ts";
import { listed } from "./which.ts";

const LOOK_MS = 500;
const CLEAR = "\u001b[H\u001b[2J";

export async function watchSwarm(context: CommandContext, access: Access): Promise<void> {
  const { args, settings, output } = context;
  const stopping = new AbortController();
  process.once("SIGINT", () => stopping.abort());
  let before = new Map<string, string>();
  while (!stopping.signal.aborted && !output.closed.aborted) {
    const { view, chosen } = await listed(context, access);
    const everything = args.options.has("all") || args.positionals.length > 0;
    const agents = chosen.filter((agent) => everything || isRecent(agent, Date.now())).toSorted(byStarted);
    const now = new Map(agents.map((agent) => [agent.id, JSON.stringify(agent)]));
    const changed = agents.filter(({ id }) => before.get(id) !== now.get(id));
    const gone = [...before.keys()].filter((id) => !now.has(id));
    if (settings.json) await output.write([...changed.map(setLine), ...gone.map(removedLine)].join(""));
    else if (changed.length > 0 || gone.length > 0 || before.size === 0) {
      if (process.stdout.isTTY) await output.write(CLEAR);
      await printView(context, access, "ls", { ...view, agents, hidden: chosen.length - agents.length });
    }
    before = now;
    await pause(LOOK_MS, undefined, { signal: stopping.signal }).catch(() => undefined); // aborted: it ends
  }
}

const setLine = (agent: Snapshot): string => `${JSON.stringify({ change: "set", agent })}\n`;
const removedLine = (id: string): string => `${JSON.stringify({ change: "removed", id })}\n`;
