/** `ls --watch`: the view again on each change. From files alone, as `ls` itself. */
import { setTimeout as pause } from "node:timers/promises";
import { makeMemory } from "../swarm/memory.ts";
import { reload } from "../swarm/reload.ts";
import type { Snapshot, SwarmView } from "../types.ts";
import type { Access } from "./access.ts";
import type { CommandContext } from "./command.ts";
import { listView } from "./list-view.ts";
import type { Output } from "./output.ts";
import { printJsonLines } from "./print-json.ts";
import { isTerminal } from "./standard-streams.ts";
import { printList, watchWith } from "./show-view.ts";
import { listed, narrowed, passedOver } from "./which.ts";

const LOOK_MS = 500;
const MOST_MS = 2_000; // a person must not take it for dead
const SHARE = 12; // times as long as it took to look and to draw it is paused, between those two

interface Look {
  readonly view: SwarmView;
  readonly changed: readonly Snapshot[];
  readonly gone: readonly string[]; // ids
}

export async function watchSwarm(context: CommandContext, access: Access): Promise<void> {
  const { args, settings, output } = context;
  const looks = look(context, access);
  if (settings.json || args.options.value("output") === "json") {
    for await (const { changed, gone } of looks) {
      const set = changed.map((agent) => ({ change: "set", agent }));
      await printJsonLines(output, [...set, ...gone.map((id) => ({ change: "removed", id }))]);
    }
    return;
  }
  if (await watchWith(context, access, viewsOf(looks))) return;
  const redrawn = isTerminal(1) ? { ...context, output: overwriting(output) } : undefined;
  let first = true;
  for await (const { view, changed, gone } of looks) {
    // On a terminal ages grow, so it is drawn anew each time.
    if (redrawn !== undefined || first || changed.length > 0 || gone.length > 0)
      await printList(redrawn ?? context, access, view);
    first = false;
  }
}

async function* look(context: CommandContext, access: Access): AsyncGenerator<Look> {
  // Names are looked up once: an agent that was named may be removed meanwhile.
  const named = context.args.positionals.length > 0 ? (await listed(context, access)).chosen : undefined;
  const ids = new Set(named?.map(({ id }) => id));
  let before = new Map<string, Seen>();
  const memory = makeMemory(access.reader);
  while (!context.output.closed.aborted) {
    const started = performance.now();
    const all = await reload(access.reader, passedOver(context), memory);
    const chosen = named === undefined ? narrowed(context, all.agents) : all.agents.filter(({ id }) => ids.has(id));
    const view = listView(context, all, chosen);
    const now = new Map(view.agents.map((agent) => [agent.id, seenOf(agent, before.get(agent.id))]));
    const changed = view.agents.filter(({ id }) => before.get(id)?.text !== now.get(id)?.text);
    const gone = [...before.keys()].filter((id) => !now.has(id));
    before = now;
    yield { view, changed, gone };
    await pause(Math.min(MOST_MS, Math.max(LOOK_MS, SHARE * (performance.now() - started))));
  }
}

interface Seen {
  readonly agent: Snapshot;
  readonly text: string;
}
const seenOf = (agent: Snapshot, before: Seen | undefined): Seen =>
  before?.agent === agent ? before : { agent, text: JSON.stringify(agent) };

async function* viewsOf(looks: AsyncIterable<Look>): AsyncGenerator<SwarmView> {
  let first = true;
  for await (const { view, changed, gone } of looks) {
    if (first || changed.length > 0 || gone.length > 0) yield view;
    first = false;
  }
}

/** Draws over what stands there: clearing the screen first would flicker. What is below its end is left out. */
const overwriting = (output: Output): Output => ({
  ...output,
  writeStyled(text) {
    const lines = text.split("\n");
    const shown = lines.slice(0, Math.max(1, (process.stdout.rows || lines.length) - 1));
    return output.writeStyled(`\u001b[H${shown.map((line) => `${line}\u001b[K\n`).join("")}\u001b[J`);
  },
});
