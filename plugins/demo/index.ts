import { execPath } from "node:process";
import type { Plugin, Runner } from "skep";
import { zotHandler } from "../zot/handler.ts";
import { childArgs, childEnv, deliver } from "../zot/protocol.ts";

/** An agent that needs no key and no network: skep itself, speaking zot's protocol through the same code as zot. */
const demo: Runner = {
  name: "demo",
  turns: "live",
  verdict: "exit",
  echoes: true,
  accepts: ["model", "provider"],
  detect: () => ({ path: execPath }),
  launch(run) {
    if (run.args.length > 0) throw new Error("the demo agent takes no arguments after `--`");
    return { argv: [...run.skep, "__demo-agent", ...childArgs(run)], env: childEnv(run) };
  },
  deliver,
};

const plugin: Plugin = { name: "demo", version: "1.0.0", api: 1, runners: [demo], handlers: [zotHandler] };
export default plugin;
