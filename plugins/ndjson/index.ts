import type { Plugin, Renderer } from "skep";

/** One snapshot a line. */
const ndjson: Renderer = {
  name: "ndjson",
  output: "data",
  render: ({ agents }) => agents.map((agent) => `${JSON.stringify(agent)}\n`).join(""),
};

const plugin: Plugin = { name: "ndjson", version: "1.0.0", api: 1, renderers: [ndjson] };
export default plugin;
