/** Where codex is, and whether it can be used. */
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Detected, Environment } from "skep";
import { findExecutable } from "../find-executable.ts";
import { detectProgram, type Program } from "../installed.ts";

const CODEX: Program = { command: "codex", package: "@openai/codex", oldest: "0.100.0", login: "codex login" };

/** Codex's folder: settings, login, conversations. */
export const codexHome = (env: Environment): string => env["CODEX_HOME"] || join(env["HOME"] ?? "/", ".codex");

/** Variables that carry a key: of another login each. */
export const KEYS = ["CODEX_API_KEY", "OPENAI_API_KEY", "CODEX_ACCESS_TOKEN"] as const;

export function detectCodex(env: Environment): Detected {
  const found = detectProgram(CODEX, env);
  if ("missing" in found) return found;
  const home = codexHome(env);
  // A config may name a provider of its own, a keyring as the place of the login: only codex can tell then.
  const told = ["auth.json", "config.toml"].some((name) => existsSync(join(home, name)));
  if (told || KEYS.some((name) => (env[name] ?? "") !== "")) return found;
  return { missing: `a login: ${home} has none`, hint: "codex login, or set CODEX_API_KEY" };
}

/** The program to start: the native one behind npm's wrapper, which outlives it when it is killed. */
export function codexProgram(env: Environment): string {
  const path = findExecutable("codex", env["PATH"]);
  if (path === undefined) return "codex";
  return nativeBehind(realpathSync(path)) ?? path;
}

function nativeBehind(wrapper: string): string | undefined {
  if (basename(wrapper) !== "codex.js" || !readFileSync(wrapper, "utf8").startsWith("#!/usr/bin/env node")) return;
  const platform = `codex-${process.platform}-${process.arch}`;
  for (let folder = dirname(wrapper); folder !== dirname(folder); folder = dirname(folder)) {
    const places = [join(folder, "vendor"), join(folder, "node_modules", "@openai", platform, "vendor")];
    const found = places.flatMap(programsIn).at(0);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `vendor/<target>/bin/codex`; earlier versions had `vendor/<target>/codex/codex`. */
function programsIn(vendor: string): readonly string[] {
  if (!existsSync(vendor)) return [];
  return readdirSync(vendor)
    .flatMap((target) => [join(vendor, target, "bin", "codex"), join(vendor, target, "codex", "codex")])
    .filter((path) => findExecutable(path, undefined) !== undefined);
}
