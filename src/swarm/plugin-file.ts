/** Loads one plugin file of the user's: by its real path, keyed by its content, so that an edited file is a new module. */
import { createHash } from "node:crypto";
import { readFileSync, realpathSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { checkPlugin, type LoadedPlugin, type PluginSource } from "../core/registry.ts";
import { blockTexts } from "../core/translate.ts";
import { definePlugin } from "../define-plugin.ts";
import { noTypeScript, reasonOf, SkepError, systemCode } from "../errors.ts";
import type { PluginApi } from "../types.ts";
import { withLimit } from "./time-limit.ts";

/** One of the user's plugins, by absolute path. `flag` and `config` say who named it; `folder` is skep's own plugin folder. */
export interface PluginFile {
  readonly path: string;
  readonly from: Exclude<PluginSource["kind"], "bundled" | "path">;
  readonly options?: unknown;
}
export type Warn = (text: string) => void;

/** Real path and sha256 (hex) of a file as it is now. Throws what the file system says. */
export function fingerprint(path: string): { readonly path: string; readonly hash: string } {
  const real = realpathSync(path);
  return { path: real, hash: createHash("sha256").update(readFileSync(real)).digest("hex") };
}

/** Throws SkepError "plugin" with what is wrong: no file, not to be read by this runtime, another shape or api. */
export async function loadPluginFile(file: PluginFile, warn: Warn): Promise<LoadedPlugin> {
  provideSkep();
  const { path, hash } = fingerprint(file.path);
  const module: unknown = await importFile(path, hash);
  const given = typeof module === "object" && module !== null && "default" in module ? module.default : undefined;
  const value: unknown = isFunction(given) ? await withLimit(given(makeApi(path, file.options, warn))) : given;
  return { plugin: checkPlugin(value, path), source: { kind: file.from, path, hash } };
}

async function importFile(path: string, hash: string): Promise<unknown> {
  try {
    // Bun forgets the query of a file: URL and would give the first content for ever; Deno takes no path.
    const place = "Bun" in globalThis ? path : pathToFileURL(path).href;
    return await import(`${place}?skep=${hash.slice(0, 16)}`);
  } catch (error) {
    if (systemCode(error) === "ERR_UNKNOWN_FILE_EXTENSION") throw noTypeScript(path, error);
    throw error;
  }
}

const isFunction = (value: unknown): value is (api: PluginApi) => unknown => typeof value === "function";

export const makeApi = (where: string, options: unknown, warn: Warn): PluginApi => ({
  options,
  log: { info: (text) => warn(`${where}: ${text}`), warn: (text) => warn(`${where}: ${text}`) },
  textBlocks: blockTexts,
});

let provided = false;
/** Bun only: in the binary there is no package `skep` that a plugin could import a value from, so one is made. */
function provideSkep(): void {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a global of the runtime, declared below
  const { Bun: bun } = globalThis as { Bun?: BunPlugins };
  if (provided || bun?.plugin === undefined) return;
  provided = true;
  const exports = { definePlugin, SkepError, reasonOf };
  void bun.plugin({ name: "skep", setup: (build) => build.module("skep", () => ({ exports, loader: "object" })) });
}
interface BunPlugins {
  plugin?(plugin: { name: string; setup(build: BunBuild): void }): unknown;
}
interface BunBuild {
  module(name: string, make: () => { exports: object; loader: "object" }): void;
}
