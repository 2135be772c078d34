/** What holds where plugins run in this program: they find its library, and what they print is no verb's result. */
import { limitWords } from "../swarm/limit-words.ts";
import type { Warn } from "../swarm/load-plugin-file.ts";
import { offerLibrary } from "../swarm/import-source.ts";
import { say } from "./talk.ts";

const format = (words: readonly unknown[]): string => process.getBuiltinModule("node:util").format(...words); // 2 ms

export function hostPlugins(): void {
  offerLibrary(() => import("../index.ts"));
  // stdout is data, and a plugin may forget a console.log.
  const print = (...args: readonly unknown[]): void => say(format(args));
  for (const name of ["log", "info", "debug", "warn", "error"] as const) console[name] = print;
}

/** In the background nobody reads along: what plugins print by themselves is limited as what they say through their api is. */
export function limitConsole(warn: Warn): void {
  const print = limitWords(warn, "console");
  for (const name of ["log", "info", "debug", "warn", "error"] as const)
    console[name] = (...words: readonly unknown[]) => print(format(words));
}
