import type { Plugin, Runner } from "skep";
import { codexHome, codexProgram, detectCodex, KEYS } from "../codex/program.ts";
import { loginOf } from "../login-of.ts";
import { conversationOf, refuseWords } from "../one-shot.ts";
import { dialogue } from "./dialogue.ts";
import { codexAppHandler } from "./handler.ts";

const OURS: ReadonlySet<string> = new Set(["--listen", "--stdio"]);

const codexApp: Runner = {
  name: "codex-app",
  turns: "live",
  output: "json",
  echoes: true,
  asks: true,
  accepts: ["model"],
  detect: detectCodex,
  launch(run) {
    refuseWords(run.args, OURS, "codex");
    const thread = conversationOf(run);
    return {
      argv: [codexProgram(run.env), "app-server", ...run.args],
      stdin: { kind: "open" },
      ...(thread === undefined ? {} : { agent_session: thread }),
      login: loginOf("codex", codexHome(run.env), KEYS, run.env),
    };
  },
  dialogue,
  interactive: ({ agent_session }) => ["codex", ...(agent_session === undefined ? [] : ["resume", agent_session])],
};

const plugin: Plugin = {
  name: "codex-app",
  version: "1.0.0",
  api: 1,
  runners: [codexApp],
  handlers: [codexAppHandler],
};
export default plugin;
