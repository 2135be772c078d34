/** How a verb comes to the swarm: reading asks nobody, the others ask the supervisor and start it if none runs. */
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { openStore } from "../store/fs-store.ts";
import { makeClient } from "../supervisor/client.ts";
import { socketOf, startSupervisor } from "../supervisor/start.ts";
import type { Swarm } from "../swarm/api.ts";
import { type Caller, callerOf } from "../swarm/caller.ts";
import type { Warn } from "../swarm/load-plugin-file.ts";
import { loadPlugins } from "../swarm/load-plugins.ts";
import { type ReadTools, reload } from "../swarm/reload.ts";
import type { Environment } from "../types.ts";
import type { CommandContext } from "./command.ts";

export interface Access {
  readonly root: string;
  readonly reader: ReadTools;
  /** Over the supervisor's socket; it is started when it is first asked. */
  readonly swarm: Swarm;
  readonly caller: Caller;
  /** Starts the supervisor if none answers. */
  readonly start: () => ReturnType<typeof startSupervisor>;
}

/** `--root` or `$SKEP_ROOT`, `$XDG_STATE_HOME/skep`, `~/.local/state/skep`. */
export function rootOf(given: string | undefined, env: Environment): string {
  if (given !== undefined) return resolve(given);
  const state = env["XDG_STATE_HOME"];
  const folder = state !== undefined && isAbsolute(state) ? state : join(env["HOME"] || homedir(), ".local", "state");
  return join(folder, "skep");
}

export async function openAccess({ args, settings, talk, atEnd }: CommandContext): Promise<Access> {
  const { env } = settings;
  const store = openStore(rootOf(settings.root, env));
  const { root } = store;
  const warned: Promise<void>[] = [];
  const warn: Warn = (text, level) => void warned.push(level === "info" ? talk.notice(text) : talk.warn(text));
  const plugins = await loadPlugins({ files: settings.plugins, env, warn });
  await Promise.all(warned); // an error that follows from it comes after it
  const reader: ReadTools = { store, plugins, now: Date.now };
  const named = settings.plugins.filter(({ from }) => from === "flag").map(({ path }) => path);
  const config = args.options.value("config") ?? env["SKEP_CONFIG"];
  const handed = [
    ...(config ? ["--config", resolve(config)] : []),
    ...(args.options.has("no-plugins") ? ["--no-plugins"] : []),
    ...named.flatMap((path) => ["--plugin", path]),
  ];
  const start = (): ReturnType<typeof startSupervisor> => startSupervisor(root, env, handed);
  const swarm = makeClient({
    root,
    socket: () => socketOf(root, env),
    start: async () => void (await start()),
    list: () => reload(reader),
    plugins: settings.plugins,
  });
  atEnd(() => swarm.close());
  return { root, reader, swarm, caller: callerOf(env), start };
}
