/** Puts packages into skep's plugin folder, and takes them out: by npm, without running their scripts. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import * as v from "valibot";
import { exists, makeFolders, readWhole, realPath, replace } from "../disk.ts";
import { npmFailed, npmMissing, reasonOf, systemCode } from "../errors.ts";
import type { PluginFile } from "../swarm/plugin-file.ts";
import type { Environment } from "../types.ts";
import { MAX_JSON, packagePath, packages, pluginFolder } from "./plugin-folder.ts";

const versionSchema = v.object({ version: v.exactOptional(v.string()) });

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
