import type { Plugin, Runner } from "skep";
import { detectProgram, type Program } from "../installed.ts";
import { loginOf } from "../login-of.ts";
import { conversationOf, deliverOneShot, refuseOtherFolder, refuseWords } from "../one-shot.ts";
import { type Permission, permissionOf } from "../permission.ts";
import { opencodeHandler } from "./handler.ts";

/** Whether it is logged in cannot be told: it has models that need none, and keys of many providers. */
const OPENCODE: Program = {
  command: "opencode",
  package: "opencode-ai",
  oldest: "1.0.0",
  login: "opencode auth login",
};
const OURS: ReadonlySet<string> = new Set(
  "--format -s --session -c --continue --fork --dir --attach -i --interactive --command".split(" "),
);

const opencode: Runner = {
  name: "opencode",
  turns: "resume",
  accepts: ["model", "approve"],
  detect: (env) => detectProgram(OPENCODE, env),
  launch(run) {
    const { agent, args, env, message, options } = run;
    refuseWords(args, OURS, "opencode");
    const session = conversationOf(run);
    if (session !== undefined) refuseOtherFolder(run, "opencode"); // it would wait for ever, and say nothing
    const permission = permissionOf(options["approve"], "opencode", "use the runner acp, with: -- opencode acp");
    return {
      argv: [
        "opencode",
        "run",
        "--format",
        "json",
        ...(session === undefined ? [] : ["-s", session]),
        ...(agent.model === undefined ? [] : ["-m", agent.model]),
        ...(permission === "all" ? ["--auto"] : []),
        ...args,
      ],
      stdin: { kind: "text", text: message?.text ?? "" },
      env: {
        OPENCODE_DISABLE_AUTOUPDATE: "1", // twenty at once would all replace the program that they run
        ...(permission === undefined || permission === "all" ? {} : { OPENCODE_PERMISSION: rulesOf(permission) }),
      },
      ...(session === undefined ? {} : { agent_session: session }),
      login: loginOf("opencode", env["XDG_DATA_HOME"] || `${env["HOME"] ?? ""}/.local/share`, [], env),
    };
  },
  deliver: deliverOneShot,
  interactive: ({ agent_session }) => ["opencode", ...(agent_session === undefined ? [] : ["-s", agent_session])],
};

/** What changes something or reaches out; reading in its folder stays as its settings have it. */
const GUARDED = ["edit", "bash", "task", "webfetch", "websearch", "external_directory"];

/** As `OPENCODE_PERMISSION` wants it: of the rules of a tool the last that matches counts. */
function rulesOf(permission: Exclude<Permission, "all">): string {
  const rules = new Map(GUARDED.map((tool) => [tool, { "*": "deny" }]));
  for (const { tool, text } of permission === "never" ? [] : permission)
    rules.set(tool, { ...(rules.get(tool) ?? { "*": "deny" }), [text]: "allow" });
  return JSON.stringify(Object.fromEntries(rules));
}

const plugin: Plugin = { name: "opencode", version: "1.0.0", api: 1, runners: [opencode], handlers: [opencodeHandler] };
export default plugin;
