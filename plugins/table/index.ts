import type { Plugin, Renderer } from "skep";
import { renderDetails } from "./details.ts";
import { renderList } from "./list.ts";

/** For people: a line for each agent, or for `show` all about one. */
const table: Renderer = {
  name: "table",
  output: "text",
  render: ({ agents, root }, options) =>
    options.verb === "show"
      ? agents.map((agent) => renderDetails(agent, root, options)).join("\n")
      : renderList(agents, options),
};

const plugin: Plugin = { name: "table", version: "1.0.0", api: 1, renderers: [table] };
export default plugin;
