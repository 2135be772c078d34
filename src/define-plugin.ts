import type { PluginModule } from "./types.ts";

/** Gives an editor the types of a plugin; the value is returned as it is. */
export function definePlugin<P extends PluginModule>(plugin: P): P {
  return plugin;
}
