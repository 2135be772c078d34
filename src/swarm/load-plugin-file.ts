/** Loads one plugin file of the user's: by its real path, keyed by its content, so that an edited file is a new module. */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { checkPlugin, type LoadedPlugin } from "../core/registry.ts";
import { blockTexts } from "../core/translate.ts";
import type { PluginApi } from "../define-plugin.ts";
import { digest } from "../digest.ts";
import { notAsTrusted, noTypeScript, systemCode } from "../errors.ts";
import { importSource, type Source } from "./import-source.ts";
import { entryOf } from "./package-entry.ts";
import type { PluginFile } from "./plugin-file.ts";
import { callWithin, withLimit } from "./time-limit.ts";

/** `info`: it is no warning. */
export type Warn = (text: string, level?: "info") => void;

/** The file of a plugin by its real path: itself, or the entry of a package's folder. Throws what the file system says. */
export function fileOf(path: string): string {
  const real = realpathSync(path);
  return statSync(real).isDirectory() ? realpathSync(entryOf(real)) : real;
}

/** A file of code as it is now, read once: what is checked is what is imported. Throws what the file system says. */
export function readSource(path: string): Source {
  const real = fileOf(path);
  const bytes = readFileSync(real);
  return { path: real, hash: digest("sha256", bytes), text: bytes.toString("utf8") };
}

/** Throws SkepError "plugin" with what is wrong: not to be read by this runtime, another shape or api, changed since it was trusted. */
export async function loadPluginFile(
  file: PluginFile,
  warn: Warn,
  source: Source = readSource(file.path),
): Promise<LoadedPlugin> {
  const { path, hash } = source;
  if (file.hash !== undefined && file.hash !== hash) throw notAsTrusted(path);
  const module: unknown = await withLimit(importModule(source));
  const given = typeof module === "object" && module !== null && "default" in module ? module.default : undefined;
  const value: unknown = isFunction(given)
    ? await withLimit(callWithin(() => given(makeApi(path, file.options, warn))))
    : given;
  return { plugin: checkPlugin(value, path), source: { kind: file.from, path, hash } };
}

async function importModule(source: Source): Promise<unknown> {
  try {
    return await importSource(source);
  } catch (error) {
    if (systemCode(error) === "ERR_UNKNOWN_FILE_EXTENSION") throw noTypeScript(source.path, error);
    // The mark of its content is ours: its author knows the file by its path.
    throw error instanceof Error ? new Error(error.message.replace(/\?skep=[\w.]+/g, ""), { cause: error }) : error;
  }
}

const isFunction = (value: unknown): value is (api: PluginApi) => unknown => typeof value === "function";

export const makeApi = (where: string, options: unknown, warn: Warn): PluginApi => ({
  options,
  log: { info: (text) => warn(`${where}: ${text}`, "info"), warn: (text) => warn(`${where}: ${text}`) },
  textBlocks: blockTexts,
});
