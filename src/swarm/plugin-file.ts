import type { PluginSource } from "../core/registry.ts";

/** One of the user's plugins, by absolute path. `flag` and `config` say who named it; `folder` is skep's own plugin folder. */
export interface PluginFile {
  readonly path: string;
  readonly from: Exclude<PluginSource["kind"], "bundled" | "path">;
  readonly options?: unknown;
  readonly hash?: string; // sha256 (hex) of the content that was trusted: another one is not loaded
}
