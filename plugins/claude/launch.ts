/** How `claude` is called. Prompts never stand on its command line: they come through stdin. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Environment, Launch, RunSpec } from "skep";

const STREAMS = ["-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose"];
const ASKING = ["--permission-prompt-tool", "stdio"];

/** What skep says itself: another value would leave it deaf, or with another conversation. */
const OURS: ReadonlySet<string> = new Set(
  (
    "--input-format --output-format --permission-prompt-tool --replay-user-messages --session-id --resume -r --continue -c " +
    "--fork-session --from-pr --background --bg --cloud --desktop"
  ).split(" "),
);

export function launch({ agent, run, resuming, message, args, env, paths }: RunSpec): Launch {
  const taken = args.map((word) => word.replace(/=.*/s, "")).find((word) => OURS.has(word));
  if (taken !== undefined) throw new Error(`${taken} is what skep tells claude itself: leave it out`);
  const { agent_session: known, model } = agent;
  if (resuming && known === undefined && message === undefined)
    throw new Error("its conversation never began, so there is none to go on with: spawn the task again");
  if (known !== undefined && isGone(known, env)) throw gone(known);
  const session = known ?? conversationId(`${paths.session}\n${agent.started}\n${run}`);
  return {
    argv: [
      "claude",
      ...STREAMS,
      ...ASKING,
      ...(known === undefined ? ["--session-id", session] : ["--resume", session]),
      ...(model === undefined ? [] : ["--model", model]),
      ...args,
    ],
    stdin: { kind: "open" },
    agent_session: session,
    login: loginOf(env),
  };
}

/** A UUID (version 5) of what names this agent alone: a launch that is asked for again is the same one. */
function conversationId(name: string): string {
  const hex = createHash("sha1").update("skep claude\n").update(name).digest("hex");
  const variant = ((Number.parseInt(hex.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `${variant}${hex.slice(18, 20)}`];
  return [...parts, hex.slice(20, 32)].join("-");
}

/** Where claude keeps its settings and its conversations. */
const folderOf = (env: Environment): string | undefined =>
  env["CLAUDE_CONFIG_DIR"] || (env["HOME"] ? join(env["HOME"], ".claude") : undefined);

/** Looked for in the folders of all projects: a conversation can be gone on with from another one. */
function isGone(session: string, env: Environment): boolean {
  const folder = folderOf(env);
  if (folder === undefined) return false; // claude itself will say so
  const projects = join(folder, "projects");
  return !(
    existsSync(projects) && readdirSync(projects).some((name) => existsSync(join(projects, name, `${session}.jsonl`)))
  );
}

const gone = (session: string): Error =>
  Object.assign(new Error(`claude has no conversation ${session} any more`), {
    hint: "what was said is in skep logs; spawn a new agent to go on",
  });

/** Agents with the same settings folder share its login; a key or token of the environment's own is told apart by its hash. */
function loginOf(env: Environment): string {
  const folder = folderOf(env) ?? "";
  const keys = ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"].map((name) => env[name] ?? "");
  const own = keys.join("") === "" ? "" : createHash("sha256").update(keys.join("\n")).digest("hex").slice(0, 12);
  return ["claude", folder, own].join(" ").trimEnd();
}
