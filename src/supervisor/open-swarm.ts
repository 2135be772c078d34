/**
 * Opens a swarm: in this process when the root's lock is free, else through the socket of the process that holds it. So a
 * program that embeds skep and the command line can share a root.
 */
import { realPath } from "../disk.ts";
import { locked, onlyLinux } from "../errors.ts";
import { openStore } from "../store/fs-store.ts";
import type { Settings, Swarm } from "../swarm/api.ts";
import { loadPlugins } from "../swarm/load-plugins.ts";
import type { PluginFile } from "../swarm/plugin-file.ts";
import { reload } from "../swarm/reload.ts";
import type { Plugin } from "../define-plugin.ts";
import type { Environment } from "../types.ts";
import { makeClient } from "./client.ts";
import { findSupervisor, socketOf } from "./start.ts";
import { superviseRoot } from "./supervise-root.ts";

/** Which root, and what the process that holds it is to know. */
export interface OpenOptions {
  /** The state root; made when it is not there. */
  readonly root: string;
  /** Plugins as values, besides the bundled ones. */
  readonly plugins?: readonly Plugin[];
  /** Plugin files, by absolute path. */
  readonly pluginFiles?: readonly PluginFile[];
  /** Replaces `dir` of every agent on reload. */
  readonly repoRoot?: string;
  /** For runs that nobody asked for just now; by default this process's own. */
  readonly env?: Environment;
  readonly settings?: Partial<Settings>;
  /** Gets what a person should know; by default it goes to stderr. */
  readonly warn?: (text: string) => void;
}

/**
 * Throws SkepError "plugin" for a plugin value of the wrong shape, "locked" when another process holds the root and does
 * not answer, "io" for a root that cannot be used.
 */
export async function openSwarm(options: OpenOptions): Promise<Swarm> {
  if (process.platform !== "linux") throw onlyLinux(process.platform);
  const { root, env = process.env, warn = (text) => void process.stderr.write(`skep: ${text}\n`), repoRoot } = options;
  const plugins = await loadPlugins({ warn, env, plugins: options.plugins ?? [], files: options.pluginFiles ?? [] });
  const settings = options.settings ?? {};
  const supervisor = await superviseRoot({ root, plugins, env, settings, repoRoot, warn });
  if (supervisor !== undefined) return supervisor.swarm;
  if ((await findSupervisor(root, env)) === undefined) throw locked(root);
  const store = openStore(root);
  return makeClient({
    root: realPath(root),
    socket: () => socketOf(root, env),
    start: () => Promise.reject(locked(root)),
    list: () => reload({ store, plugins, now: Date.now, repoRoot }),
    plugins: options.pluginFiles ?? [],
  });
}
