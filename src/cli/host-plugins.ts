/** What holds where plugins run in this program: they find its library, and what they print is no verb's result. */
import { format } from "node:util";
import { limitWords } from "../swarm/limit-words.ts";
import type { Warn } from "../swarm/load-plugin-file.ts";
import { offerLibrary } from "../swarm/import-source.ts";

export function hostPlugins(): void {
  offerLibrary(() => import("../index.ts"));
  // stdout is data, and a plugin may forget a console.log.
  const { error } = console;
  for (const name of ["log", "info", "debug"] as const) console[name] = error;
}

/** In the background nobody reads along: what plugins print by themselves is limited as what they say through their api is. */
export function limitConsole(warn: Warn): void {
  const say = limitWords(warn, "console");
  for (const name of ["log", "info", "debug", "warn", "error"] as const)
    console[name] = (...words: readonly unknown[]) => say(format(...words));
}
