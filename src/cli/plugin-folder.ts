/** skep's own plugin folder, `<config>/skep/plugins`: npm packages, installed by npm without running their scripts. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import * as v from "valibot";
import { exists, makeFolders, readWhole, realPath, replace } from "../disk.ts";
import { npmFailed, npmMissing, reasonOf, systemCode } from "../errors.ts";
import type { PluginFile } from "../swarm/plugin-file.ts";
import type { Environment } from "../types.ts";
import { configFolder } from "./config.ts";

const MAX_JSON = 4 * 1024 * 1024;
const listSchema = v.object({ dependencies: v.exactOptional(v.record(v.string(), v.string())) });
const versionSchema = v.object({ version: v.exactOptional(v.string()) });

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

function versionOf(name: string, env: Environment): string | undefined {
  const text = readWhole(join(realPath(packagePath(name, env)), "package.json"), MAX_JSON)?.toString("utf8");
  const parsed = v.safeParse(versionSchema, text === undefined ? undefined : JSON.parse(text));
  return parsed.success ? parsed.output.version : undefined;
}

export interface Added {
  readonly name: string;
  readonly file: PluginFile;
  readonly isNew: boolean; // else it was there in another version
}

/** Installs a package by npm's name for it, or by path. Returns those that are new, or in another version than before. */
export function addPackage(what: string, env: Environment): readonly Added[] {
  const before = new Map(packages(env).map((name) => [name, versionOf(name, env)]));
  const folder = pluginFolder(env);
  makeFolders(folder);
  const list = join(folder, "package.json");
  if (!exists(list)) replace(list, `${JSON.stringify({ private: true, description: "plugins of skep" })}\n`);
  npm(["install", "--save", "--", what], folder, env);
  return packages(env)
    .filter((name) => !before.has(name) || before.get(name) !== versionOf(name, env))
    .map((name) => ({ name, file: { path: packagePath(name, env), from: "folder" }, isNew: !before.has(name) }));
}

export function removePackage(name: string, env: Environment): void {
  npm(["uninstall", "--save", "--", name], pluginFolder(env), env);
}

function npm(args: readonly string[], folder: string, env: Environment): void {
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const ran = spawnSync("npm", [...quiet, ...args], { cwd: folder, env: { ...env }, encoding: "utf8" });
  if (systemCode(ran.error) === "ENOENT") throw npmMissing();
  if (ran.error !== undefined) throw npmFailed(reasonOf(ran.error));
  if (ran.status !== 0) throw npmFailed(faultOfNpm(ran.stderr) ?? `it ended with ${ran.status}`);
}

/** npm says many lines: the first that is more than a code. */
const faultOfNpm = (said: string): string | undefined =>
  said
    .split("\n")
    .map((line) => line.replace(/^npm (error|ERR!)\s*/, "").trim())
    .find((line) => line !== "" && !/^(code|syscall|path|errno|dest) \S+$/.test(line));
