/** The plugins of one process: bundled ones, loaded lazily by what they supply, the user's, and runners found on PATH. */
import { makeHooks, type HookBus } from "../core/hooks.ts";
import { nearest } from "../core/nearest.ts";
import {
  checkPlugin,
  type Clash,
  clashError,
  clashesOf,
  findRenderer,
  findRunner,
  handlersFor,
  type LoadedPlugin,
  type PluginSource,
  readersOf,
} from "../core/registry.ts";
import { version } from "../build-info.ts";
import { DEFAULT_RUNNER } from "../core/meta.ts";
import { makeTranslate, type Translate } from "../core/translate.ts";
import { faultOf, pluginFailed, unknownName } from "../errors.ts";
import type { Plugin } from "../define-plugin.ts";
import type { Environment, EventHandler, Renderer, Runner } from "../types.ts";
import { BUNDLED } from "./bundled.ts";
import { loadPluginFile, makeApi, readSource, type Warn } from "./load-plugin-file.ts";
import type { PluginFile } from "./plugin-file.ts";
import { limitWords } from "./limit-words.ts";
import { callWithin, withLimit } from "./time-limit.ts";

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
  /**
   * Throws SkepError "plugin" when it or one of the user's plugins failed to load, "usage" when nobody supplies it. `env`: in
   * whose PATH a runner in another language is looked for.
   */
  runner(name: string, env?: Environment): Promise<Runner>;
  renderer(name: string): Promise<Renderer>;
  /** Who reads the entries of this runner's agents, in the order they are asked. A plugin that failed is left out. */
  handlers(runner: string): Promise<readonly EventHandler[]>;
  report(): Promise<readonly PluginReport[]>;
  /** Loads files of the user's, and those anew whose content has changed. One that fails is left out, with a warning. */
  bring(files: readonly PluginFile[]): Promise<void>;
}
type Supply = "runners" | "renderers";

export interface PluginOptions {
  readonly files?: readonly PluginFile[];
  /** Plugins given as values: what an embedding program has. */
  readonly plugins?: readonly Plugin[];
  /** Where runners in other languages are looked for: its PATH. */
  readonly env?: Environment;
  readonly warn: Warn;
}

export async function loadPlugins(options: PluginOptions): Promise<PluginSet> {
  const { warn, env = {} } = options;
  const users: LoadedPlugin[] = (options.plugins ?? []).map((plugin) => ({
    plugin: checkPlugin(plugin, plugin.name),
    source: { kind: "flag" },
  }));
  const failed = new Map<string, PluginReport>(); // by path
  const given = new Map<string, unknown>(); // options, by real path
  const known = new Map<string, PluginFile>(); // by path: they are looked at again before each run
  const wordsOf = lazily((who: string) => limitWords(warn, who));
  const hooks = makeHooks({
    report: (plugin, hook, reason) =>
      wordsOf(`plugin ${plugin}`)(`plugin ${plugin}: its ${hook} hook failed: ${reason}`),
    limit: withLimit,
    call: callWithin,
  });
  const unhook = new Map<string, () => void>(); // by path, for a file whose content changed
  for (const { plugin } of users) if (plugin.hooks !== undefined) hooks.add(plugin.name, plugin.hooks);
  const bundled = lazily(loadBundled);
  const handlers = new Map<string, readonly EventHandler[]>();

  const replace = (loaded: LoadedPlugin): void => {
    const { path = "" } = loaded.source;
    const at = users.findIndex(({ source }) => source.path === path);
    if (at === -1) users.push(loaded);
    else users[at] = loaded;
    unhook.get(path)?.();
    if (loaded.plugin.hooks !== undefined) unhook.set(path, hooks.add(loaded.plugin.name, loaded.plugin.hooks));
    handlers.clear();
  };
  const bring = async (file: PluginFile): Promise<void> => {
    const source = readSource(file.path);
    const { path, hash } = source;
    const before = users.find(({ source }) => source.path === path)?.source.hash;
    // Who names a file without options says nothing about them: --plugin leaves those of the config as they are.
    const options = file.options ?? given.get(path);
    const same = before === hash && JSON.stringify(options) === JSON.stringify(given.get(path));
    if (!same) {
      replace(await loadPluginFile({ ...file, options }, wordsOf(path), source));
      given.set(path, options);
      if (before !== undefined) warn(`plugin ${path} has changed: new runs take it as it is now`);
    }
    failed.delete(file.path);
  };
  const bringAll = async (files: readonly PluginFile[]): Promise<void> => {
    for (const file of files) {
      known.set(file.path, file);
      try {
        await bring(file);
      } catch (error) {
        const reason = faultOf(error);
        if (failed.get(file.path)?.error !== reason) warn(`plugin ${file.path} is not loaded: ${reason}`);
        failed.set(file.path, {
          name: file.path,
          source: { kind: file.from, path: file.path },
          supplies: [],
          error: reason,
        });
      }
    }
  };
  const handlerClash = (runner: string): Clash | undefined =>
    clashesOf(users).find(({ what, name, second }) => what === "handler" && serves(second.plugin, name, runner));
  await bringAll(options.files ?? []);

  const names = (what: Supply): readonly string[] => [
    ...new Set([
      ...BUNDLED.flatMap((entry) => entry[what]),
      ...users.flatMap(({ plugin }) => (plugin[what] ?? []).map(({ name }) => name)),
    ]),
  ];
  const find = async <T>(
    what: Supply,
    name: string,
    search: (loaded: readonly LoadedPlugin[]) => T | undefined,
  ): Promise<T | undefined> =>
    search(users) ?? search(await Promise.all(BUNDLED.filter((entry) => entry[what].includes(name)).map(bundled)));
  const missing = (what: Supply, name: string): Error => {
    const [fault] = failed.values();
    if (fault !== undefined) return pluginFailed(`${what.slice(0, -1)} ${name}`, fault.name, fault.error ?? "");
    return unknownName(what.slice(0, -1), name, names(what), nearest(name, names(what)));
  };
  return {
    hooks,
    async runner(name, callers = env) {
      await bringAll([...known.values()]); // an edit is taken by the next run, whoever starts it
      const clash = handlerClash(name);
      if (clash !== undefined) throw clashError(clash);
      const found = await find("runners", name, (loaded) => findRunner(loaded, name));
      if (found !== undefined) return found;
      const { describeExternal, findExternal } = await import("./external-runner.ts");
      const external = findExternal(name, callers);
      if (external === undefined) throw missing("runners", name);
      return describeExternal(external, name, callers);
    },
    async renderer(name) {
      const found = await find("renderers", name, (loaded) => findRenderer(loaded, name));
      if (found === undefined) throw missing("renderers", name);
      return found;
    },
    async handlers(runner) {
      const cached = handlers.get(runner);
      if (cached !== undefined) return cached;
      // A runner in another language speaks zot's words; so may one whose plugin is not loaded here.
      const speaks = names("runners").includes(runner) ? runner : DEFAULT_RUNNER;
      const wanted = BUNDLED.filter(({ handles }) => handles.includes(speaks) || handles.includes("*"));
      const ours = await Promise.all(wanted.map(bundled));
      const found =
        speaks === runner
          ? handlersFor([...users, ...ours], runner)
          : [...handlersFor(users, runner), ...handlersFor(ours, speaks)];
      handlers.set(runner, found);
      const by = [version, ...readersOf(users, runner), ...readersOf(ours, speaks)].join(" ");
      translates.set(found, makeTranslate(found, by));
      return found;
    },
    async report() {
      const own = await Promise.all(BUNDLED.map(bundled));
      const clashes = clashesOf(users);
      const report = (loaded: LoadedPlugin): PluginReport => {
        const clash = clashes.find(({ second }) => second === loaded);
        return { ...describe(loaded, own), ...(clash === undefined ? {} : { error: clashError(clash).message }) };
      };
      return [...own.map(report), ...users.map(report), ...failed.values()];
    },
    bring: bringAll,
  };
}

/** One for all agents of a runner, as long as its handlers are the same. */
const translates = new WeakMap<readonly EventHandler[], Translate>();

/** How entries of this runner's agents are translated. */
export async function translateFor(plugins: PluginSet, runner: string): Promise<Translate> {
  const handlers = await plugins.handlers(runner);
  return translates.get(handlers) ?? makeTranslate(handlers);
}

function describe({ plugin, source }: LoadedPlugin, bundled: readonly LoadedPlugin[]): PluginReport {
  const supplies = suppliesOf(plugin);
  const theirs = new Set(
    bundled.flatMap((loaded) => suppliesOf(loaded.plugin)).filter((text) => !text.startsWith("hook ")),
  );
  const replaces = source.kind === "bundled" ? [] : supplies.filter((text) => theirs.has(text));
  return {
    name: plugin.name,
    version: plugin.version,
    source,
    supplies,
    ...(replaces.length === 0 ? {} : { replaces }),
  };
}

const serves = ({ handlers = [] }: Plugin, name: string, runner: string): boolean =>
  handlers.some(
    (handler) => handler.name === name && [handler.runner].flat().some((one) => one === runner || one === "*"),
  );

const suppliesOf = (plugin: Plugin): readonly string[] => [
  ...(plugin.runners ?? []).map(({ name }) => `runner ${name}`),
  ...(plugin.handlers ?? []).map(({ name }) => `handler ${name}`),
  ...(plugin.renderers ?? []).map(({ name }) => `renderer ${name}`),
  ...Object.keys(plugin.hooks ?? {}).map((name) => `hook ${name}`),
];

async function loadBundled(entry: (typeof BUNDLED)[number]): Promise<LoadedPlugin> {
  const { default: given } = await entry.load();
  const plugin = typeof given === "function" ? await given(makeApi(entry.name, undefined, () => {})) : given;
  return { plugin, source: { kind: "bundled" } };
}

function lazily<K, T>(make: (key: K) => T): (key: K) => T {
  const made = new Map<K, T>();
  return (key) => {
    const known = made.get(key) ?? make(key);
    made.set(key, known);
    return known;
  };
}
