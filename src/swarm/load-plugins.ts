/** Finds and loads plugins: bundled ones lazily by what they supply, the user's by absolute path, keyed by content. */
import { createHash } from "node:crypto";
import { readFileSync, realpathSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { makeHooks, type HookBus } from "../core/hooks.ts";
import { nearest } from "../core/nearest.ts";
import { checkPlugin, findRenderer, findRunner, handlersFor, type LoadedPlugin, type PluginSource } from "../core/registry.ts";
import { blockTexts, makeTranslate, type Translate } from "../core/translate.ts";
import { pluginFailed, reasonOf, SkepError, unknownName } from "../errors.ts";
import type { EventHandler, Plugin, PluginApi, Renderer, Runner } from "../types.ts";
import { BUNDLED } from "./bundled.ts";

/** One of the user's plugins, by absolute path. */
export interface PluginFile {
  readonly path: string;
  readonly from: "flag" | "config";
  readonly options?: unknown;
}
export interface PluginReport {
  readonly name: string;
  readonly version?: string;
  readonly source: PluginSource;
  readonly supplies: readonly string[]; // "runner exec", "renderer table", "handler zot", "hook agent:stop"
  readonly replaces?: readonly string[];
  readonly error?: string;
}
export interface PluginSet {
  readonly hooks: HookBus;
  /** Throws SkepError "plugin" when it or one of the user's plugins failed to load, "usage" when nobody supplies it. */
  runner(name: string): Promise<Runner>;
  renderer(name: string): Promise<Renderer>;
  /** Who reads the entries of this runner's agents, in the order they are asked. A plugin that failed is left out. */
  handlers(runner: string): Promise<readonly EventHandler[]>;
  report(): Promise<readonly PluginReport[]>;
  /** Loads one more of the user's files; one that is loaded already, with the same content, is left as it is. */
  add(file: PluginFile): Promise<void>;
}
export interface PluginOptions {
  readonly files?: readonly PluginFile[];
  /** Plugins given as values: what an embedding program has. */
  readonly plugins?: readonly Plugin[];
  readonly warn: (text: string) => void;
}

const HOOK_LIMIT_MS = 30_000;

export async function loadPlugins(options: PluginOptions): Promise<PluginSet> {
  const { warn } = options;
  const users: LoadedPlugin[] = (options.plugins ?? []).map((plugin) => ({
    plugin: checkPlugin(plugin, plugin.name),
    source: { kind: "flag" },
  }));
  const failed: PluginReport[] = [];
  const hooks = makeHooks({
    report: (plugin, hook, reason) => warn(`plugin ${plugin}: its ${hook} hook failed: ${reason}`),
    limit: withLimit,
  });
  const unhook = new Map<string, () => void>(); // by path, for a file whose content changed
  for (const { plugin } of users) if (plugin.hooks !== undefined) hooks.add(plugin.name, plugin.hooks);
  const bundled = lazily(loadBundled);
  const handlers = new Map<string, readonly EventHandler[]>();
  const add = async (file: PluginFile): Promise<void> => {
    const loaded = await loadFile(file, warn);
    const { path = file.path, hash } = loaded.source;
    const before = users.findIndex(({ source }) => source.path === path);
    if (users[before]?.source.hash === hash) return;
    if (before !== -1) users.splice(before, 1);
    unhook.get(path)?.();
    users.push(loaded);
    if (loaded.plugin.hooks !== undefined) unhook.set(path, hooks.add(loaded.plugin.name, loaded.plugin.hooks));
    handlers.clear();
  };
  for (const file of options.files ?? []) {
    try {
      await add(file);
    } catch (error) {
      failed.push({ name: file.path, source: { kind: file.from, path: file.path }, supplies: [], error: reasonOf(error) });
      warn(`plugin ${file.path} is not loaded: ${reasonOf(error)}`);
    }
  }

  const find = async <T>(what: "runner" | "renderer", name: string, search: (loaded: readonly LoadedPlugin[]) => T | undefined): Promise<T> => {
    const own = search(users);
    if (own !== undefined) return own;
    const known = BUNDLED.filter((entry) => entry[`${what}s`].includes(name));
    const found = search(await Promise.all(known.map(bundled)));
    if (found !== undefined) return found;
    const [fault] = failed;
    if (fault !== undefined) throw pluginFailed(fault.name, fault.error ?? "");
    const names = [...new Set([...BUNDLED.flatMap((entry) => entry[`${what}s`]), ...users.flatMap(({ plugin }) => (plugin[`${what}s`] ?? []).map((part) => part.name))])];
    throw unknownName(what, name, names, nearest(name, names));
  };
  return {
    hooks,
    runner: (name) => find("runner", name, (loaded) => findRunner(loaded, name)),
    renderer: (name) => find("renderer", name, (loaded) => findRenderer(loaded, name)),
    async handlers(runner) {
      const cached = handlers.get(runner);
      if (cached !== undefined) return cached;
      const wanted = BUNDLED.filter((entry) => entry.handles.includes(runner) || entry.handles.includes("*"));
      const found = handlersFor([...users, ...(await Promise.all(wanted.map(bundled)))], runner);
      handlers.set(runner, found);
      return found;
    },
    async report() {
      const own = await Promise.all(BUNDLED.map(bundled));
      return [...own, ...users].map((loaded) => describe(loaded, own)).concat(failed);
    },
    async add(file) {
      try {
        await add(file);
      } catch (error) {
        throw error instanceof SkepError ? error : pluginFailed(file.path, reasonOf(error));
      }
    },
  };
}

/** How entries of this runner's agents are translated. */
export const translateFor = async (plugins: PluginSet, runner: string): Promise<Translate> => makeTranslate(await plugins.handlers(runner));

function describe({ plugin, source }: LoadedPlugin, bundled: readonly LoadedPlugin[]): PluginReport {
  const supplies = suppliesOf(plugin);
  const theirs = new Set(bundled.flatMap((loaded) => suppliesOf(loaded.plugin)).filter((text) => !text.startsWith("hook ")));
  const replaces = source.kind === "bundled" ? [] : supplies.filter((text) => theirs.has(text));
  return { name: plugin.name, version: plugin.version, source, supplies, ...(replaces.length === 0 ? {} : { replaces }) };
}

const suppliesOf = (plugin: Plugin): readonly string[] => [
  ...(plugin.runners ?? []).map(({ name }) => `runner ${name}`),
  ...(plugin.handlers ?? []).map(({ name }) => `handler ${name}`),
  ...(plugin.renderers ?? []).map(({ name }) => `renderer ${name}`),
  ...Object.keys(plugin.hooks ?? {}).map((name) => `hook ${name}`),
];

async function loadFile(file: PluginFile, warn: (text: string) => void): Promise<LoadedPlugin> {
  const path = realpathSync(file.path);
  const hash = createHash("sha256").update(readFileSync(path)).digest("hex");
  // Keyed by content: an edited file is a new module, also for a supervisor that runs for days.
  const module: unknown = await import(`${pathToFileURL(path).href}?skep=${hash.slice(0, 16)}`);
  const given = typeof module === "object" && module !== null && "default" in module ? module.default : undefined;
  const value: unknown = isFunction(given) ? await withLimit(given(makeApi(path, file.options, warn))) : given;
  return { plugin: checkPlugin(value, path), source: { kind: file.from, path, hash } };
}

const isFunction = (value: unknown): value is (api: PluginApi) => unknown => typeof value === "function";

async function loadBundled(entry: (typeof BUNDLED)[number]): Promise<LoadedPlugin> {
  const { default: given } = await entry.load();
  const plugin = typeof given === "function" ? await given(makeApi(entry.name, undefined, () => {})) : given;
  return { plugin, source: { kind: "bundled" } };
}

const makeApi = (where: string, options: unknown, warn: (text: string) => void): PluginApi => ({
  options,
  log: { info: (text) => warn(`${where}: ${text}`), warn: (text) => warn(`${where}: ${text}`) },
  textBlocks: blockTexts,
});

function lazily<K, T>(make: (key: K) => Promise<T>): (key: K) => Promise<T> {
  const made = new Map<K, Promise<T>>();
  return (key) => {
    const known = made.get(key) ?? make(key);
    made.set(key, known);
    return known;
  };
}

/** A listener or a plugin that never answers must not hold up everybody: its work is given up, with an error. */
async function withLimit<T>(work: PromiseLike<T> | T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new SkepError("timeout", `no answer within ${HOOK_LIMIT_MS / 1000} s`)), HOOK_LIMIT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
