import type { EventHandler, Plugin } from "skep";

/** Plain lines of any child: the same for every runner. */
const handler: EventHandler = {
  name: "output",
  runner: "*",
  types: ["stdout", "stderr"],
  passing: ["stdout", "stderr"],
  handle({ type, data }) {
    if (type !== "stdout" && type !== "stderr") return undefined;
    const text = data["text"];
    return typeof text === "string" ? [{ kind: "output", stream: type, text }] : [];
  },
};

const plugin: Plugin = { name: "output", version: "1.0.0", api: 1, handlers: [handler] };
export default plugin;
