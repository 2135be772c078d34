/**
 * Imports the very bytes that were read and hashed: a file that is swapped between the check and the import does not run.
 * The module keeps its place, so what it imports is looked for where it lies. Each runtime has a hook of its own for that:
 * Bun's onLoad, Deno's synchronous hooks, and Node 20's asynchronous ones (a thread of the runtime's own, 70 ms once).
 */
import * as modules from "node:module";
import { pathToFileURL } from "node:url";

export interface Source {
  readonly path: string; // real and absolute
  readonly hash: string; // sha256 of the text, hex: what is imported again with the same one is the same module
  readonly text: string;
}

export async function importSource({ path, hash, text }: Source): Promise<unknown> {
  const again = failures.get(hash) ?? 0; // a runtime keeps a failure, but what was missing may be there now
  const query = `?skep=${hash.slice(0, KEY)}${again === 0 ? "" : `.${again}`}`;
  // Bun forgets the query of a file: URL and would give the first content for ever; the others take no path.
  const place = bun === undefined ? `${pathToFileURL(path).href}${query}` : `${path}${query}`;
  if (!held.has(place)) hold(place, text);
  try {
    return await import(place);
  } catch (error) {
    failures.set(hash, again + 1);
    throw error;
  }
}

/**
 * What a plugin's `import … from "skep"` gives in the binary, where there is no package to be found. Elsewhere it is looked
 * for as any other package is.
 */
export function offerLibrary(load: () => Promise<object>): void {
  const exports = async (): Promise<BunModule> => ({ exports: await load(), loader: "object" });
  void bun?.plugin({ name: "skep-library", setup: (build) => build.module("skep", exports) });
}

const KEY = 16;
const held = new Map<string, string>(); // by what is imported
const failures = new Map<string, number>(); // by hash

function hold(place: string, text: string): void {
  if (bun !== undefined) {
    if (held.size === 0) void bun.plugin({ name: "skep-plugins", setup: (build) => build.onLoad(HELD, fromHeld) });
    held.set(place, text);
    return;
  }
  held.set(place, text);
  // Deno wants JavaScript from its hook, and has what makes it of TypeScript.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- functions of the runtime, declared below
  const { registerHooks, stripTypeScriptTypes: strip } = modules as DenoModules;
  if (registerHooks === undefined || strip === undefined) {
    modules.register(`data:text/javascript,${encodeURIComponent(NODE_HOOK)}#${held.size}`, { data: { place, text } });
    return;
  }
  const source = /\.[mc]?tsx?\?/.test(place) ? strip(text, { mode: "transform" }) : text;
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      return url === place ? { ...loaded, source, shortCircuit: true } : loaded;
    },
  });
}

/** The format is what the runtime makes of the file, so that Node refuses TypeScript as ever. */
const NODE_HOOK = `let mine;
export const initialize = (data) => void (mine = data);
export async function load(url, context, next) {
  const loaded = await next(url, context);
  return url === mine.place ? { ...loaded, source: mine.text, shortCircuit: true } : loaded;
}`;

const HELD = { filter: /\?skep=[0-9a-f]{16}(\.\d+)?$/ };
function fromHeld({
  path,
}: {
  readonly path: string;
}): { contents: string; loader: "js" | "jsx" | "ts" | "tsx" } | undefined {
  const contents = held.get(path);
  if (contents === undefined) return undefined; // another one's query
  const [, ending = "js"] = /\.[mc]?([jt]sx?)\?/.exec(path) ?? [];
  return { contents, loader: ending === "ts" || ending === "tsx" || ending === "jsx" ? ending : "js" };
}

interface BunModule {
  readonly exports: object;
  readonly loader: "object";
}
interface BunBuild {
  module(name: string, make: () => Promise<BunModule>): void;
  onLoad(which: typeof HELD, load: typeof fromHeld): void;
}
interface BunPlugins {
  plugin(plugin: { readonly name: string; setup(build: BunBuild): void }): unknown;
}
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a global of the runtime, declared above
const { Bun: bun } = globalThis as { Bun?: BunPlugins };

type Load = (url: string, context: unknown, next: (url: string, context: unknown) => object) => object;
interface DenoModules {
  readonly registerHooks?: (hooks: { load: Load }) => void;
  readonly stripTypeScriptTypes?: (code: string, options: { mode: "transform" }) => string;
}
