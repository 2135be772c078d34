/**
 * A project's own config, `skep.json` at or above the current folder. A cloned repository must not run code as its reader,
 * so it counts only after `skep plugins trust` recorded its content and that of the plugins it names. Content that changed
 * is not trusted any more.
 */
import { dirname, join } from "node:path";
import * as v from "valibot";
import { exists, makeFolders, readWhole, replace } from "../disk.ts";
import { cannotRead, reasonOf } from "../errors.ts";
import { fingerprint, type PluginFile } from "../swarm/plugin-file.ts";
import type { Environment } from "../types.ts";
import { type Config, configFolder, readConfig } from "./config.ts";

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

function readProject(path: string, env: Environment): ProjectConfig {
  const trusted = readTrust(env);
  if (!isTrusted(path, trusted)) return { path, config: undefined };
  const config = readConfig(path, env);
  const plugins = config.plugins.map((plugin): PluginFile => ({ ...plugin, from: "project" }));
  // A plugin of it that was changed since makes the whole untrusted: half a config would surprise.
  if (!plugins.every((plugin) => isTrusted(plugin.path, trusted))) return { path, config: undefined };
  return { path, config: { ...config, plugins } };
}

function isTrusted(path: string, trusted: ReadonlyMap<string, string>): boolean {
  try {
    const { path: real, hash } = fingerprint(path);
    return trusted.get(real) === hash;
  } catch {
    return false; // not to be read: nothing there to be trusted
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

/** Records the file as it is now, and the plugins it names when it is a config. Returns what was recorded. */
export function trust(path: string, env: Environment): readonly string[] {
  const named = path.endsWith(".json") ? readConfig(path, env).plugins.map((plugin) => plugin.path) : [];
  const prints = [path, ...named].map((file) => {
    try {
      return fingerprint(file);
    } catch (error) {
      throw cannotRead(file, reasonOf(error));
    }
  });
  const all = new Map([...readTrust(env), ...prints.map(({ path: real, hash }) => [real, hash] as const)]);
  makeFolders(configFolder(env));
  replace(trustFile(env), `${JSON.stringify(Object.fromEntries(all), undefined, 2)}\n`);
  return prints.map((print) => print.path);
}
