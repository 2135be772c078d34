import type { RenderOptions, Snapshot } from "skep";
import { ageOf } from "./age.ts";
import { type Column, fit, layOut, unfitted } from "./layout.ts";
import { onOneLine } from "./one-line.ts";
import { makePaint } from "./paint.ts";
import { stateOf } from "./state.ts";

const MAX_MEASURED = 1000; // of a cell's characters: no terminal shows more, and measuring takes time

/** A line for each agent. On a narrow terminal handles stand for ids, and columns are left out from the least telling on. */
export function renderList(agents: readonly Snapshot[], { columns: available, color, now }: RenderOptions): string {
  const column = (title: string, text: (agent: Snapshot) => string, least?: number): Column => ({
    title,
    cells: agents.map((agent) => ({ text: onOneLine(text(agent).slice(0, MAX_MEASURED)) })),
    ...(least === undefined ? {} : { least }),
  });
  const short = shortNames(agents);
  const id = column("ID", (agent) => agent.id);
  const handle = column("ID", (agent) => short.get(agent.id) ?? agent.id);
  const status: Column = { title: "STATUS", cells: agents.map(stateOf) };
  const runner = column("RUNNER", (agent) => agent.runner);
  const age = column("AGE", (agent) => ageOf(agent.started, now));
  const activity = column("ACTIVITY", activityOf, 12);
  const task = column("TASK", (agent) => agent.task, 16);
  const all = [id, status, runner, age, activity, task];
  const paint = makePaint(color);
  if (available === undefined) {
    const whole = { ...task, cells: agents.map((agent) => ({ text: onOneLine(agent.task) })) };
    const columns = [...all.slice(0, -1), whole];
    return layOut(columns, unfitted(columns), paint);
  }
  const layouts = [
    all,
    [handle, status, runner, age, activity, task],
    [handle, status, age, activity],
    [handle, status, { ...activity, least: 8 }],
    [handle, status],
    [
      { ...handle, least: 1 },
      { ...status, least: 1 },
    ],
  ];
  for (const columns of layouts) {
    const widths = fit(columns, available);
    if (widths !== undefined) return layOut(columns, widths, paint);
  }
  return layOut([handle], [available], paint);
}

/** A handle names its agent unless another one here has the same: then only the id does. */
function shortNames(agents: readonly Snapshot[]): ReadonlyMap<string, string> {
  const seen = new Set<string>();
  const shared = new Set(
    agents.filter(({ handle }) => seen.size === seen.add(handle).size).map(({ handle }) => handle),
  );
  return new Map(agents.map(({ id, handle }) => [id, shared.has(handle) ? id : handle]));
}

const activityOf = ({ activity, waiting }: Snapshot): string => waiting?.[0]?.what ?? activity;
