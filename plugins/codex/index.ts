import type { Plugin, Runner } from "skep";
import { loginOf } from "../login-of.ts";
import { conversationOf, deliverOneShot, refuseWords } from "../one-shot.ts";
import { codexHandler } from "./handler.ts";
import { codexHome, codexProgram, detectCodex, KEYS } from "./program.ts";

/** `--ephemeral` keeps no conversation: the next message would have none to go on with. */
const OURS: ReadonlySet<string> = new Set(["--json", "-C", "--cd", "--ephemeral", "--last", "--all"]);

const codex: Runner = {
  name: "codex",
  turns: "resume",
  accepts: ["model"],
  detect: detectCodex,
  launch(run) {
    const { agent, args, env, message } = run;
    refuseWords(args, OURS, "codex");
    const thread = conversationOf(run);
    const model = agent.model === undefined ? [] : ["-m", agent.model];
    // `resume` knows few flags: all others stand before it.
    const resume = thread === undefined ? [] : ["resume", thread];
    return {
      argv: [codexProgram(env), "exec", "--json", ...model, ...args, ...resume, "-"],
      stdin: { kind: "text", text: message?.text ?? "" },
      ...(thread === undefined ? {} : { agent_session: thread }),
      login: loginOf("codex", codexHome(env), KEYS, env),
    };
  },
  deliver: deliverOneShot,
  interactive: ({ agent_session }) => ["codex", ...(agent_session === undefined ? [] : ["resume", agent_session])],
};

const plugin: Plugin = { name: "codex", version: "1.0.0", api: 1, runners: [codex], handlers: [codexHandler] };
export default plugin;
