/** The root as `ls` reads it, in this process. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "../../../src/store/fs-store.ts";
import { loadPlugins } from "../../../src/swarm/load-plugins.ts";
import { type ReadTools, reload } from "../../../src/swarm/reload.ts";
import type { Problem, Snapshot } from "../../../src/types.ts";

export interface Look {
  readonly agents: readonly Snapshot[];
  readonly problems: readonly Problem[];
}
export interface Reader {
  readonly tools: ReadTools;
  look(): Promise<Look>;
}

export async function openReader(root: string): Promise<Reader> {
  const plugins = await loadPlugins({ warn: () => {}, env: {} });
  const tools: ReadTools = { store: openStore(root), plugins, now: Date.now };
  return { tools, look: () => reload(tools) };
}

/** Names, sizes and times of all that is under the root. */
export const traceOf = (folder: string): string =>
  readdirSync(folder)
    .toSorted()
    .map((name) => {
      const path = join(folder, name);
      const found = statSync(path);
      if (found.isDirectory()) return `${name}/ ${traceOf(path)}`;
      return `${name} ${found.size} ${found.mtimeMs} ${found.ino}`;
    })
    .join("\n");

/** What of these agents is not as it was; when a reader looked does not count. */
export function differences(before: Look["agents"], after: Look["agents"]): string[] {
  const told = (agents: Look["agents"]): Map<string, string> =>
    new Map(agents.map((agent) => [agent.id, timeless(agent)]));
  const [old, now] = [told(before), told(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((id) =>
    old.get(id) === now.get(id) ? [] : [`${id} was ${old.get(id) ?? "not there"} and is ${now.get(id) ?? "not there"}`],
  );
}

function timeless({ updated: _updated, ended: _ended, ...agent }: Snapshot): string {
  return JSON.stringify(agent, Object.keys(agent).toSorted());
}
