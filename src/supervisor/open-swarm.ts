/**
 * Opens a swarm: in this process when the root's lock is free, else through the socket of the process that holds it. So a
 * program that embeds skep and the command line can share a root.
 */
import { setTimeout as pause } from "node:timers/promises";
import { realPath } from "../disk.ts";
import { locked, onlyLinux, swarmClosed } from "../errors.ts";
import { openStore } from "../store/fs-store.ts";
import type { Settings, Swarm } from "../swarm/api.ts";
import { loadPlugins } from "../swarm/load-plugins.ts";
import type { PluginFile } from "../swarm/plugin-file.ts";
import { reload } from "../swarm/reload.ts";
import type { Plugin } from "../define-plugin.ts";
import type { Environment } from "../types.ts";
import { makeClient } from "./client.ts";
import { findSupervisor, socketOf } from "./start.ts";
import { type Supervisor, superviseRoot } from "./supervise-root.ts";

const ANSWER_MS = 2_000; // one that has just taken the root listens a little later
const LOOK_MS = 50;

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
 * not answer, "io" for a root that cannot be used. Where another process holds it, that one has plugins of its own: those
 * that are files go to it with a request, those that are values serve this process alone, which takes the root as soon as it
 * asks for something and the other one is gone.
 */
export async function openSwarm(options: OpenOptions): Promise<Swarm> {
  if (process.platform !== "linux") throw onlyLinux(process.platform);
  const { root, env = process.env, warn = (text) => void process.stderr.write(`skep: ${text}\n`), repoRoot } = options;
  const plugins = await loadPlugins({ warn, env, plugins: options.plugins ?? [], files: options.pluginFiles ?? [] });
  const settings = options.settings ?? {};
  /** `undefined`: another process holds the root, and answers. */
  const takeOrFind = async (): Promise<Supervisor | undefined> => {
    for (const deadline = Date.now() + ANSWER_MS; ; await pause(LOOK_MS)) {
      const own = await superviseRoot({ root, plugins, env, settings, repoRoot, warn });
      if (own !== undefined || (await findSupervisor(root, env)) !== undefined) return own;
      if (Date.now() > deadline) throw locked(root);
    }
  };
  const supervisor = await takeOrFind();
  if (supervisor !== undefined) return supervisor.swarm;
  const store = openStore(root);
  let taking: Promise<Supervisor | undefined> | undefined; // one at a time: this process would shut itself out
  let closed = false;
  const take = async (): Promise<void> => {
    if (closed) throw swarmClosed();
    const before = taking?.catch(() => undefined) ?? Promise.resolve(undefined);
    taking = before.then((own) => own ?? takeOrFind());
    await taking;
  };
  const client = makeClient({
    root: realPath(root),
    socket: () => socketOf(root, env),
    start: take,
    list: () => reload({ store, plugins, now: Date.now, repoRoot }),
    plugins: options.pluginFiles ?? [],
    warn,
  });
  return {
    ...client,
    async close() {
      closed = true;
      await client.close();
      await (await taking?.catch(() => undefined))?.swarm.close(); // what failed was told to whoever asked
    },
  };
}
