import type { Plugin, Renderer } from "skep";

/** Snapshots as one JSON value: a list, or for `show` the one. Indented: it is read by people too. */
const json: Renderer = {
  name: "json",
  output: "data",
  render({ agents }, { verb }) {
    const [first] = agents;
    const value = verb === "show" && first !== undefined ? first : agents;
    return `${JSON.stringify(value, undefined, 2)}\n`;
  },
};

const plugin: Plugin = { name: "json", version: "1.0.0", api: 1, renderers: [json] };
export default plugin;
