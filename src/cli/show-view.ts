/** Prints views through a renderer: `-o`, `--json`, else the table. */
import { stat } from "../disk.ts";
import { findSupervisor } from "../supervisor/start.ts";
import type { RenderOptions, Snapshot, SwarmView } from "../types.ts";
import { timeOf } from "../core/entry.ts";
import { sanitizeView } from "../core/sanitize.ts";
import type { Access } from "./access.ts";
import { useColor } from "./color.ts";
import { columnsOf } from "./columns.ts";
import type { CommandContext } from "./command.ts";
import { renderView } from "./render-view.ts";
import { isTerminal } from "./standard-streams.ts";

export const viewOf = (access: Access, agents: readonly Snapshot[]): SwarmView => ({
  root: access.root,
  agents,
  hidden: 0,
  problems: [],
});

export async function printView(
  context: CommandContext,
  access: Access,
  verb: string,
  view: SwarmView,
  declared = true,
): Promise<void> {
  const { args, settings, output } = context;
  const name = settings.json ? "json" : ((declared ? args.options.value("output") : undefined) ?? "table");
  const renderer = await access.reader.plugins.renderer(name);
  await output.writeStyled(renderView(renderer, view, optionsOf(context, verb)));
}

function optionsOf({ settings }: CommandContext, verb: string): RenderOptions {
  const stdout = isTerminal(1) ? process.stdout : {};
  const columns = columnsOf(stdout);
  const color = useColor(stdout, settings.env, settings.color);
  return { verb, color, now: timeOf(Date.now()), ...(columns === undefined ? {} : { columns }) };
}

/** A list: with `-q` the ids alone. */
export async function printList(context: CommandContext, access: Access, view: SwarmView): Promise<void> {
  const { settings, output } = context;
  if (settings.quiet && !settings.json) await output.write(view.agents.map(({ id }) => `${id}\n`).join(""));
  else await printView(context, access, "ls", view);
}

/** Hands the views to the renderer that was chosen, if it shows changes in a way of its own; false when it does not. */
export async function watchWith(
  context: CommandContext,
  access: Access,
  views: AsyncIterable<SwarmView>,
): Promise<boolean> {
  const name = context.args.options.value("output");
  const renderer = name === undefined ? undefined : await access.reader.plugins.renderer(name);
  if (renderer?.watch === undefined) return false;
  const seen = renderer.output === "text" ? sanitized(views) : views;
  await renderer.watch(seen, optionsOf(context, "ls"), context.output.closed);
  return true;
}

async function* sanitized(views: AsyncIterable<SwarmView>): AsyncGenerator<SwarmView> {
  for await (const view of views) yield sanitizeView(view);
}

/** Says since when nobody watches, when agents live and no supervisor answers. */
export async function sayUnwatched(
  { settings, talk }: CommandContext,
  { root, reader }: Access,
  agents: readonly Snapshot[],
): Promise<void> {
  const alive = agents.filter(({ status }) => status === "running" || status === "pending");
  if (alive.length === 0 || (await findSupervisor(root, settings.env)) !== undefined) return;
  const last = Math.max(...alive.map(({ id }) => stat(reader.store.paths(id).log)?.mtimeMs ?? 0), 0);
  const since = last === 0 ? "" : ` since ${timeOf(last)}`;
  const [who, go, them] = alive.length === 1 ? ["it", "it goes", "it"] : [`these ${alive.length}`, "they go", "them"];
  await talk.warn(`nobody watches ${who}${since}: ${go} on, and skep supervisor start takes ${them} over`);
}
