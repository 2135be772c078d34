/** Prints views through a renderer: `-o`, `--json`, else the table. */
import { stat } from "../disk.ts";
import { findSupervisor } from "../supervisor/start.ts";
import type { Snapshot, SwarmView } from "../types.ts";
import { timeOf } from "../core/entry.ts";
import type { Access } from "./access.ts";
import { useColor } from "./color.ts";
import { columnsOf } from "./columns.ts";
import type { CommandContext } from "./command.ts";
import { renderView } from "./render-view.ts";

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
  const columns = columnsOf(process.stdout);
  const color = useColor(process.stdout, settings.env, settings.color);
  const options = { verb, color, now: timeOf(Date.now()), ...(columns === undefined ? {} : { columns }) };
  await output.write(renderView(renderer, view, options));
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
