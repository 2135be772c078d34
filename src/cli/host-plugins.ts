/** What holds where plugins run in this program: they find its library, and what they print is no verb's result. */
import { offerLibrary } from "../swarm/import-source.ts";

export function hostPlugins(): void {
  offerLibrary(() => import("../index.ts"));
  // stdout is data, and a plugin may forget a console.log.
  const { error } = console;
  for (const name of ["log", "info", "debug"] as const) console[name] = error;
}
