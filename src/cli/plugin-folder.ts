/** skep's own plugin folder, `<config>/skep/plugins`: npm packages, installed by npm without running their scripts. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import * as v from "valibot";
import { exists, makeFolders, readWhole, replace } from "../disk.ts";
import { npmFailed, noPackageEntry, reasonOf } from "../errors.ts";
import type { PluginFile } from "../swarm/plugin-file.ts";
import type { Environment } from "../types.ts";
import { configFolder } from "./config.ts";

const MAX_JSON = 4 * 1024 * 1024;
const listSchema = v.object({ dependencies: v.exactOptional(v.record(v.string(), v.string())) });
const target = v.union([
  v.string(),
  v.looseObject({ import: v.exactOptional(v.string()), default: v.exactOptional(v.string()) }),
]);
const packageSchema = v.object({
  main: v.exactOptional(v.string()),
  exports: v.exactOptional(v.union([v.string(), v.looseObject({ ".": v.exactOptional(target) })])),
});

export const pluginFolder = (env: Environment): string => join(configFolder(env), "plugins");

/** The packages that were added, as plugin files. One that is gone is told when it is loaded. */
export function installedPlugins(env: Environment): readonly PluginFile[] {
  const folder = pluginFolder(env);
  const text = readWhole(join(folder, "package.json"), MAX_JSON)?.toString("utf8");
  if (text === undefined) return [];
  const { dependencies = {} } = v.parse(listSchema, JSON.parse(text));
  return Object.keys(dependencies).map((name) => ({
    path: entryOf(join(folder, "node_modules", name)),
    from: "folder",
  }));
}

/** The file that `import` would take: exports, main, index.js. */
function entryOf(folder: string): string {
  const text = readWhole(join(folder, "package.json"), MAX_JSON)?.toString("utf8");
  if (text === undefined) return join(folder, "index.js");
  const parsed = v.safeParse(packageSchema, JSON.parse(text));
  if (!parsed.success) throw noPackageEntry(folder);
  const { main, exports } = parsed.output;
  const root = typeof exports === "object" ? exports["."] : exports;
  const file = typeof root === "object" ? (root.import ?? root.default) : root;
  return join(folder, file ?? main ?? "index.js");
}

/** Installs a package by npm's name for it, or by path. Returns the plugins that are there then and were not before. */
export function addPackage(what: string, env: Environment): readonly PluginFile[] {
  const before = new Set(installedPlugins(env).map(({ path }) => path));
  const folder = pluginFolder(env);
  makeFolders(folder);
  const list = join(folder, "package.json");
  if (!exists(list)) replace(list, `${JSON.stringify({ private: true, description: "plugins of skep" })}\n`);
  npm(["install", "--save", "--", what], folder, env);
  return installedPlugins(env).filter(({ path }) => !before.has(path));
}

export function removePackage(name: string, env: Environment): void {
  npm(["uninstall", "--save", "--", name], pluginFolder(env), env);
}

function npm(args: readonly string[], folder: string, env: Environment): void {
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const ran = spawnSync("npm", [...quiet, ...args], { cwd: folder, env: { ...env }, encoding: "utf8" });
  if (ran.error !== undefined) throw npmFailed(reasonOf(ran.error));
  if (ran.status !== 0) throw npmFailed(ran.stderr.trim().split("\n")[0] || `it ended with ${ran.status}`);
}
