import assert from "node:assert/strict";
import { nearest } from "../core/nearest.ts";
import { checkPlugin } from "../core/registry.ts";
import type { Hooks, Plugin } from "../define-plugin.ts";
import type { EventHandler, Renderer, Runner } from "../types.ts";

/** Every key that skep reads. */
type Keys<T> = Readonly<Record<keyof T, true>>;
const PLUGIN: Keys<Plugin> = {
  name: true,
  version: true,
  api: true,
  runners: true,
  handlers: true,
  renderers: true,
  hooks: true,
};
const RUNNER: Keys<Runner> = {
  name: true,
  turns: true,
  output: true,
  verdict: true,
  echoes: true,
  detect: true,
  launch: true,
  deliver: true,
  dialogue: true,
  asks: true,
  accepts: true,
  interactive: true,
};
const HANDLER: Keys<EventHandler> = {
  name: true,
  runner: true,
  types: true,
  passing: true,
  sessionOf: true,
  handle: true,
};
const RENDERER: Keys<Renderer> = { name: true, output: true, render: true, watch: true };
const HOOKS: Keys<Hooks> = {
  "swarm:reload": true,
  "swarm:close": true,
  "agent:spawn": true,
  "agent:launch": true,
  "agent:event": true,
  "agent:turn": true,
  "agent:status": true,
  "agent:stop": true,
  "agent:remove": true,
};

/** Throws what skep would say when it loads a plugin of these parts, and for a key that looks like a misspelt one. */
export function checkShape(parts: Omit<Plugin, "name" | "version" | "api"> & Partial<Plugin>): void {
  const plugin = checkPlugin({ name: "contract", version: "1.0.0", api: 1, ...parts }, "it");
  checkKeys("the plugin", plugin, PLUGIN);
  const strange = Object.keys(plugin.hooks ?? {}).filter((name) => !Object.hasOwn(HOOKS, name));
  assert.deepEqual(strange, [], `no hook is called ${strange.join(", ")}`);
  checkParts("runner", plugin.runners, RUNNER);
  checkParts("handler", plugin.handlers, HANDLER);
  checkParts("renderer", plugin.renderers, RENDERER);
}

function checkParts(what: string, parts: readonly { readonly name: string }[] = [], keys: object): void {
  for (const part of parts) checkKeys(`${what} ${part.name}`, part, keys);
  const names = parts.map(({ name }) => name);
  assert.deepEqual(names, [...new Set(names)], `two ${what}s have one name`);
}

function checkKeys(what: string, value: object, keys: object): void {
  const known = Object.keys(keys);
  for (const key of Object.keys(value)) {
    const meant = known.includes(key) ? undefined : nearest(key, known);
    assert.equal(meant, undefined, `${what}: is ${key} meant to be ${meant}?`);
  }
}
