import { escapeForTerminal, sanitizeView } from "../core/sanitize.ts";
import type { Renderer, RenderOptions, SwarmView } from "../types.ts";

/** What a renderer makes of a view, safe to print: text gets sanitised strings, data on a terminal is escaped afterwards. */
export function renderView(renderer: Renderer, view: SwarmView, options: RenderOptions): string {
  if (renderer.output === "text") return renderer.render(sanitizeView(view), options);
  const data = renderer.render(view, options);
  return options.columns === undefined ? data : escapeForTerminal(data);
}
