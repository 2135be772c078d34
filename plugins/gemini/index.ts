import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Detected, Environment, Plugin, Runner } from "skep";
import { newConversationId } from "../conversation-id.ts";
import { fields, text } from "../fields.ts";
import { detectProgram, type Program } from "../installed.ts";
import { loginOf } from "../login-of.ts";
import { conversationOf, deliverOneShot, refuseOtherFolder, refuseWords } from "../one-shot.ts";
import { type Pattern, permissionOf } from "../permission.ts";
import { geminiHandler } from "./handler.ts";

const GEMINI: Program = { command: "gemini", package: "@google/gemini-cli", oldest: "0.44.0", login: "gemini" };
const OURS: ReadonlySet<string> = new Set(
  "-o --output-format -r --resume --session-id --session-file -w --worktree -p --prompt -i --prompt-interactive --acp --experimental-acp".split(
    " ",
  ),
);

const gemini: Runner = {
  name: "gemini",
  turns: "resume",
  echoes: true,
  accepts: ["model", "approve"],
  detect,
  launch(run) {
    const { agent, args, env, message, options } = run;
    refuseWords(args, OURS, "gemini");
    const known = conversationOf(run);
    if (known !== undefined) refuseOtherFolder(run, "gemini");
    const session = known ?? newConversationId(run, "gemini");
    return {
      argv: [
        "gemini",
        "-o",
        "stream-json",
        ...(known === undefined ? ["--session-id", session] : ["--resume", session]),
        ...(agent.model === undefined ? [] : ["-m", agent.model]),
        ...approvalOf(options["approve"]),
        ...args,
      ],
      stdin: { kind: "text", text: message?.text ?? "" },
      env: { GEMINI_CLI_NO_RELAUNCH: "true" }, // its second process would live on when the first is killed
      agent_session: session,
      login: loginOf("gemini", homeOf(env) ?? "", LOGINS, env),
    };
  },
  deliver: deliverOneShot,
  interactive: ({ agent_session }) => ["gemini", ...(agent_session === undefined ? [] : ["--resume", agent_session])],
};

function approvalOf(option: unknown): readonly string[] {
  const permission = permissionOf(option, "gemini", "use the runner acp, with: -- gemini --acp");
  if (permission === undefined) return [];
  if (permission === "all") return ["--approval-mode", "yolo"];
  if (permission === "never") return ["--approval-mode", "default"]; // without a terminal it loses all tools that need a yes
  return permission.flatMap((pattern) => ["--allowed-tools", allowedTool(pattern)]);
}

/** `run_shell_command(git)`: its own rule takes the beginning of a command, and asks again for redirections. */
function allowedTool({ tool, text: pattern }: Pattern): string {
  if (pattern === "*") return tool;
  const start = pattern.replace(/\s*\*$/, "");
  if (/[*()]/.test(start)) throw new Error(`--approve: gemini takes "${tool}: <beginning of a command> *" alone`);
  return `${tool}(${start})`;
}

/** Variables that choose a way to log in; a `.env` file may set them too. */
const LOGINS = ["GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_GCA"];

const homeOf = (env: Environment): string | undefined => env["GEMINI_CLI_HOME"] || env["HOME"];

function detect(env: Environment): Detected {
  const found = detectProgram(GEMINI, env);
  const home = homeOf(env);
  if ("missing" in found || home === undefined || LOGINS.some((name) => (env[name] ?? "") !== "")) return found;
  const told = [".env", ".gemini/.env"].some((name) => existsSync(join(home, name)));
  if (told || chosenLogin(join(home, ".gemini", "settings.json")) !== undefined) return found;
  return { missing: `a login: ${home}/.gemini has none`, hint: "gemini, and log in there, or set GEMINI_API_KEY" };
}

function chosenLogin(settings: string): string | undefined {
  try {
    const read = fields(JSON.parse(readFileSync(settings, "utf8")));
    return text(fields(fields(read["security"])["auth"])["selectedType"]) ?? text(read["selectedAuthType"]);
  } catch (error) {
    // Comments are allowed in it: then only gemini can tell.
    return error instanceof SyntaxError ? "unknown" : undefined;
  }
}

const plugin: Plugin = { name: "gemini", version: "1.0.0", api: 1, runners: [gemini], handlers: [geminiHandler] };
export default plugin;
