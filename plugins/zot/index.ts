import type { Environment, Plugin, Runner } from "skep";
import { findExecutable } from "../find-executable.ts";
import { zotHandler } from "./handler.ts";
import { childArgs, childEnv, deliver } from "./protocol.ts";

/** `$ZOT_BIN` names another executable than `zot`. */
const executable = (env: Environment): string => env["ZOT_BIN"] || "zot";

const zot: Runner = {
  name: "zot",
  turns: "live",
  verdict: "exit",
  echoes: true,
  accepts: ["model", "provider"],
  detect(env) {
    const command = executable(env);
    const path = findExecutable(command, env["PATH"]);
    return path === undefined
      ? { missing: `${command}, which is not on PATH`, hint: "install zot, or name its executable in ZOT_BIN" }
      : { path };
  },
  launch(run) {
    return { argv: [executable(run.env), ...childArgs(run)], env: childEnv(run) };
  },
  deliver,
};

const plugin: Plugin = { name: "zot", version: "1.0.0", api: 1, runners: [zot], handlers: [zotHandler] };
export default plugin;
