/** Which plugin supplies what. A user's plugin replaces a bundled one's runner, renderer or handler of the same name. */
import * as v from "valibot";
import { nameTaken, pluginShape, type SkepError } from "../errors.ts";
import type { Plugin } from "../define-plugin.ts";
import type { EventHandler, Renderer, Runner } from "../types.ts";

/** Where a plugin came from. `path` and `hash` (sha256, hex) for those of the user's. */
export interface PluginSource {
  readonly kind: "bundled" | "flag" | "config" | "folder" | "project" | "path";
  readonly path?: string;
  readonly hash?: string;
}
export interface LoadedPlugin {
  readonly plugin: Plugin;
  readonly source: PluginSource;
}

const callable = v.custom<(...args: never[]) => unknown>((value) => typeof value === "function", "is not a function");
const name = v.pipe(v.string(), v.regex(/^[a-z0-9*][a-z0-9._-]{0,63}$/i, "is not a name of letters, digits, - and _"));
const outputs = v.picklist(["events", "json", "text"]);
const turns = v.picklist(["none", "live", "resume"]);
const runnerSchema = v.looseObject({
  name,
  turns,
  output: v.optional(outputs),
  launch: callable,
  deliver: v.optional(callable),
  detect: v.optional(callable),
  interactive: v.optional(callable),
  asks: v.optional(v.boolean()),
  accepts: v.optional(v.array(v.string())),
  dialogue: v.optional(v.looseObject({ start: callable, read: callable, say: callable })),
});
const handlerSchema = v.looseObject({
  name,
  runner: v.union([v.string(), v.array(v.string())]),
  types: v.optional(v.array(v.string())),
  passing: v.optional(v.array(v.string())),
  sessionOf: v.optional(callable),
  handle: callable,
});
const rendererSchema = v.looseObject({
  name,
  output: v.picklist(["text", "data"]),
  render: callable,
  watch: v.optional(callable),
});
const pluginSchema = v.looseObject({
  name,
  version: v.string(),
  api: v.number(),
  runners: v.optional(v.array(runnerSchema)),
  handlers: v.optional(v.array(handlerSchema)),
  renderers: v.optional(v.array(rendererSchema)),
  hooks: v.optional(v.record(v.string(), callable)),
});

/** The value a plugin file gave, checked by shape; `where` names the file in the error. Throws SkepError "plugin". */
export function checkPlugin(value: unknown, where: string): Plugin {
  const parsed = v.safeParse(pluginSchema, value);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw pluginShape(where, `${v.getDotPath(issue) ?? "its default export"}: ${issue.message}`);
  }
  if (parsed.output.api !== 1) throw pluginShape(where, `it is made for api ${parsed.output.api}, this skep has api 1`);
  // The object itself, not a copy: its functions may use `this`.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its shape was checked above
  return value as Plugin;
}

/** Later ones of the user's with a name that is taken are an error; the user's beat the bundled ones. */
function pick<T extends { readonly name: string }>(
  loaded: readonly LoadedPlugin[],
  what: string,
  supplies: (plugin: Plugin) => readonly T[] | undefined,
  wanted: string,
): T | undefined {
  const clash = clashesOf(loaded.filter(isUsers)).find((one) => one.what === what && one.name === wanted);
  if (clash !== undefined) throw clashError(clash);
  const found = loaded.flatMap((one) =>
    (supplies(one.plugin) ?? []).filter((part) => part.name === wanted).map((part) => ({ part, users: isUsers(one) })),
  );
  return (found.find(({ users }) => users) ?? found[0])?.part;
}

const isUsers = ({ source }: LoadedPlugin): boolean => source.kind !== "bundled";

/** Parts of the user's plugins that an earlier one of them supplies under the same name. */
export interface Clash {
  readonly what: "runner" | "handler" | "renderer";
  readonly name: string;
  readonly first: LoadedPlugin;
  readonly second: LoadedPlugin;
}
export function clashesOf(users: readonly LoadedPlugin[]): readonly Clash[] {
  const owners = new Map<string, LoadedPlugin>();
  return users.flatMap((second) =>
    partsOf(second.plugin).flatMap(({ what, name }) => {
      const first = owners.get(`${what} ${name}`);
      if (first === undefined) owners.set(`${what} ${name}`, second);
      return first === undefined ? [] : [{ what, name, first, second }];
    }),
  );
}

const partsOf = ({ runners = [], handlers = [], renderers = [] }: Plugin): readonly Pick<Clash, "what" | "name">[] => [
  ...runners.map(({ name }) => ({ what: "runner" as const, name })),
  ...handlers.map(({ name }) => ({ what: "handler" as const, name })),
  ...renderers.map(({ name }) => ({ what: "renderer" as const, name })),
];

export const clashError = ({ what, name, first, second }: Clash): SkepError =>
  nameTaken(what, name, first.source.path ?? first.plugin.name, second.source.path ?? second.plugin.name);

export const findRunner = (loaded: readonly LoadedPlugin[], wanted: string): Runner | undefined =>
  pick(loaded, "runner", (plugin) => plugin.runners, wanted);

export const findRenderer = (loaded: readonly LoadedPlugin[], wanted: string): Renderer | undefined =>
  pick(loaded, "renderer", (plugin) => plugin.renderers, wanted);

/** In the order they are asked: the user's for this runner, the bundled ones for it, then those for every runner. */
export function handlersFor(loaded: readonly LoadedPlugin[], runner: string): readonly EventHandler[] {
  const all = loaded.flatMap((one) => (one.plugin.handlers ?? []).map((handler) => ({ handler, users: isUsers(one) })));
  const replaced = new Set(all.filter(({ users }) => users).map(({ handler }) => handler.name));
  const kept = all.filter(({ handler, users }) => users || !replaced.has(handler.name));
  const serves = (handler: EventHandler, name: string): boolean =>
    typeof handler.runner === "string" ? handler.runner === name : handler.runner.includes(name);
  const rank = ({ handler, users }: (typeof kept)[number]): number =>
    serves(handler, runner) ? (users ? 0 : 1) : serves(handler, "*") ? (users ? 2 : 3) : 4;
  return kept
    .map((item) => ({ item, rank: rank(item) }))
    .filter((ranked) => ranked.rank < 4)
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ item }) => item.handler);
}

/** Who reads the entries of this runner's agents: plugins with their versions, and their content where it is known. */
export const readersOf = (loaded: readonly LoadedPlugin[], runner: string): readonly string[] =>
  loaded
    .filter((one) => handlersFor([one], runner).length > 0)
    .map(
      ({ plugin, source }) => `${plugin.name}@${plugin.version}${source.hash === undefined ? "" : `#${source.hash}`}`,
    );
