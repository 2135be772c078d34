/** How a verb comes to the swarm: reading asks nobody, the others ask the supervisor and start it if none runs. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { realPath } from "../disk.ts";
import { openStore } from "../store/fs-store.ts";
import { makeClient } from "../supervisor/client.ts";
import { findSupervisor, socketOf, startSupervisor } from "../supervisor/start.ts";
import type { Swarm } from "../swarm/api.ts";
import type { Caller } from "../swarm/kept.ts";
import { loadPlugins, type PluginFile, type PluginSet } from "../swarm/load-plugins.ts";
import { type ReadTools, reload } from "../swarm/reload.ts";
import type { Environment } from "../types.ts";

export interface AccessOptions {
  readonly root: string | undefined; // --root
  readonly env: Environment;
  readonly pluginFiles: readonly PluginFile[]; // --plugin, then the config's
  readonly supervisorArgs: readonly string[]; // what a supervisor that is started here must know of the command line
  readonly warn: (text: string) => void;
}
export interface Access {
  readonly root: string;
  readonly reader: ReadTools;
  readonly plugins: PluginSet;
  /** The swarm over its supervisor, which is started when it is first asked. */
  readonly swarm: Swarm;
  readonly caller: Caller;
}

/** `--root`, `$SKEP_ROOT`, `$XDG_STATE_HOME/skep`, `~/.local/state/skep`. */
export function rootOf(given: string | undefined, env: Environment): string {
  const chosen = given ?? env["SKEP_ROOT"];
  if (chosen !== undefined && chosen !== "") return resolve(chosen);
  const state = env["XDG_STATE_HOME"];
  return state !== undefined && state.startsWith("/")
    ? join(state, "skep")
    : join(env["HOME"] ?? homedir(), ".local", "state", "skep");
}

export async function openAccess(options: AccessOptions): Promise<Access> {
  const { env, warn, pluginFiles, supervisorArgs } = options;
  const store = openStore(rootOf(options.root, env));
  const { root } = store;
  const plugins = await loadPlugins({ files: pluginFiles, warn });
  const reader: ReadTools = { store, plugins, now: Date.now };
  const swarm = makeClient({
    root,
    socket: () => socketOf(root, env),
    start: async () => void (await startSupervisor(root, env, supervisorArgs)),
    list: () => reload(reader),
    plugins: pluginFiles.filter(({ from }) => from === "flag").map(({ path }) => realPath(resolve(path))),
  });
  return { root, reader, plugins, swarm, caller: callerOf(env) };
}

/** The caller's environment and umask, for the runs it asks for. Who it is, is for people: its agent, or its user. */
export function callerOf(env: Environment): Caller {
  const mask = process.umask();
  const by = env["SKEP_AGENT_ID"] ?? env["USER"] ?? "cli";
  return { env: Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined)), umask: mask, by };
}

/** Since when nobody watches, when live agents have no supervisor; `undefined` while one answers. */
export async function unwatchedSince(root: string, env: Environment): Promise<boolean> {
  return (await findSupervisor(root, env)) === undefined;
}
