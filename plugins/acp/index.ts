import { basename } from "node:path";
import type { Plugin, Runner } from "skep";
import { loginOf } from "../login-of.ts";
import { conversationOf, refuseOtherFolder } from "../one-shot.ts";
import { dialogue } from "./dialogue.ts";
import { acpHandler } from "./handler.ts";
import { cannotLoad, commandOf, environmentOf, requireProgram } from "./program.ts";

const acp: Runner = {
  name: "acp",
  turns: "live",
  output: "json",
  asks: true,
  launch(run) {
    const argv = commandOf(run.args);
    const [program = ""] = argv;
    requireProgram(argv, run.env);
    const session = conversationOf(run);
    if (session !== undefined) {
      const why = cannotLoad(program);
      if (why !== undefined) throw new Error(`${program} cannot go on with its conversation: ${why}`);
      refuseOtherFolder(run, program);
    }
    return {
      argv: [...argv],
      stdin: { kind: "open" },
      env: environmentOf(argv),
      ...(session === undefined ? {} : { agent_session: session }),
      login: loginOf(`acp ${basename(program)}`, run.env["HOME"] ?? "", [], run.env),
    };
  },
  dialogue,
};

const plugin: Plugin = { name: "acp", version: "1.0.0", api: 1, runners: [acp], handlers: [acpHandler] };
export default plugin;
