/** skep's own plugin folder, `<config>/skep/plugins`: npm packages (install-plugin.ts). */
import { join } from "node:path";
import * as v from "valibot";
import { readWhole } from "../disk.ts";
import type { PluginFile } from "../swarm/plugin-file.ts";
import type { Environment } from "../types.ts";
import { configFolder } from "./config.ts";

export const MAX_JSON: number = 4 * 1024 * 1024;
const listSchema = v.object({ dependencies: v.exactOptional(v.record(v.string(), v.string())) });

export const pluginFolder = (env: Environment): string => join(configFolder(env), "plugins");

/** The packages that were added, as plugin files. One that is gone or is no plugin is told when it is loaded. */
export const installedPlugins = (env: Environment): readonly PluginFile[] =>
  packages(env).map((name) => ({ path: packagePath(name, env), from: "folder" }));

/** Their names, as npm knows them. */
export function packages(env: Environment): readonly string[] {
  const text = readWhole(join(pluginFolder(env), "package.json"), MAX_JSON)?.toString("utf8");
  if (text === undefined) return [];
  return Object.keys(v.parse(listSchema, JSON.parse(text)).dependencies ?? {});
}

export const packagePath = (name: string, env: Environment): string => join(pluginFolder(env), "node_modules", name);
