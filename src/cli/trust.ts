/**
 * A project's own config, `skep.json` at or above the current folder. A cloned repository must not run code as its reader,
 * so it counts only after `skep plugins trust` recorded its content and that of the plugins it names. Content that changed
 * is not trusted any more.
 */
import { dirname, join } from "node:path";
import * as v from "valibot";
import { exists, makeFolders, readWhole, replace } from "../disk.ts";
import { cannotRead, reasonOf } from "../errors.ts";
import type { Source } from "../swarm/import-source.ts";
import { readSource } from "../swarm/load-plugin-file.ts";
import type { PluginFile } from "../swarm/plugin-file.ts";
import type { Environment } from "../types.ts";
import { type Config, configFolder, parseConfig } from "./config.ts";

export const PROJECT_CONFIG = "skep.json";
const MAX_TRUST = 4 * 1024 * 1024;
const trustSchema = v.record(v.string(), v.string()); // real path -> sha256

export interface ProjectConfig {
  readonly path: string;
  readonly config: Config | undefined; // undefined: not trusted, and not read
}

/** The nearest one; the search ends at the folder that holds `.git`, and at the home folder. */
export function findProject(cwd: string, env: Environment): ProjectConfig | undefined {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const path = join(folder, PROJECT_CONFIG);
    if (exists(path)) return readProject(path, env);
    if (folder === dirname(folder) || folder === env["HOME"] || exists(join(folder, ".git"))) return undefined;
  }
}

/** The text that was checked is the text that counts: the file is read once. */
function readProject(path: string, env: Environment): ProjectConfig {
  const trusted = readTrust(env);
  const source = sourceOf(path);
  if (source === undefined || trusted.get(source.path) !== source.hash) return { path, config: undefined };
  const config = parseConfig(source.text, path);
  const plugins = config.plugins.map((plugin) => trustedPlugin(plugin, trusted));
  // A plugin of it that was changed since makes the whole untrusted: half a config would surprise.
  if (!plugins.every((plugin) => plugin !== undefined)) return { path, config: undefined };
  return { path, config: { ...config, plugins } };
}

/** With the content that was trusted: what is there when it is imported may be another. */
function trustedPlugin(plugin: PluginFile, trusted: ReadonlyMap<string, string>): PluginFile | undefined {
  const source = sourceOf(plugin.path);
  if (source === undefined || trusted.get(source.path) !== source.hash) return undefined;
  return { ...plugin, from: "project", hash: source.hash };
}

function sourceOf(path: string): Source | undefined {
  try {
    return readSource(path);
  } catch {
    return undefined; // not to be read: nothing there to be trusted
  }
}

const trustFile = (env: Environment): string => join(configFolder(env), "trusted.json");

function readTrust(env: Environment): ReadonlyMap<string, string> {
  const text = readWhole(trustFile(env), MAX_TRUST)?.toString("utf8");
  if (text === undefined) return new Map();
  try {
    return new Map(Object.entries(v.parse(trustSchema, JSON.parse(text))));
  } catch (error) {
    throw cannotRead(trustFile(env), reasonOf(error));
  }
}

/** Records the file as it is now, and the plugins it names when it is a config. Returns what was recorded, by real path. */
export function trust(path: string, env: Environment): readonly string[] {
  const read = (file: string): Source => {
    try {
      return readSource(file);
    } catch (error) {
      throw cannotRead(file, reasonOf(error));
    }
  };
  const first = read(path);
  const named = path.endsWith(".json") ? parseConfig(first.text, path).plugins : [];
  const sources = [first, ...named.map((plugin) => read(plugin.path))];
  const all = new Map([...readTrust(env), ...sources.map(({ path: real, hash }) => [real, hash] as const)]);
  makeFolders(configFolder(env));
  replace(trustFile(env), `${JSON.stringify(Object.fromEntries(all), undefined, 2)}\n`);
  return sources.map((source) => source.path);
}
