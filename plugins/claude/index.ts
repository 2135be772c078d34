import type { Plugin, Runner } from "skep";
import { detect } from "./detect.ts";
import { dialogue } from "./dialogue.ts";
import { claude as handler } from "./handler.ts";
import { launch } from "./launch.ts";

const claude: Runner = {
  name: "claude",
  turns: "live",
  accepts: ["model"],
  asks: true,
  detect,
  launch,
  dialogue,
  interactive: ({ agent_session }) => ["claude", ...(agent_session === undefined ? [] : ["--resume", agent_session])],
};

const plugin: Plugin = { name: "claude", version: "1.0.0", api: 1, runners: [claude], handlers: [handler] };
export default plugin;
