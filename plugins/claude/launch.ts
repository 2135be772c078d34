/** How `claude` is called. Prompts never stand on its command line: they come through stdin. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Environment, Launch, RunSpec } from "skep";
import { newConversationId } from "../conversation-id.ts";
import { loginOf } from "../login-of.ts";

const STREAMS = ["-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose"];
const ASKING = ["--permission-prompt-tool", "stdio"];

const KEYS = ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"];

/** What skep says itself: another value would leave it deaf, or with another conversation. */
const OURS: ReadonlySet<string> = new Set(
  (
    "--input-format --output-format --permission-prompt-tool --replay-user-messages --session-id --resume -r --continue -c " +
    "--fork-session --from-pr --background --bg --cloud --desktop"
  ).split(" "),
);

export function launch(spec: RunSpec): Launch {
  const { agent, resuming, message, args, env } = spec;
  const taken = args.map((word) => word.replace(/=.*/s, "")).find((word) => OURS.has(word));
  if (taken !== undefined) throw new Error(`${taken} is what skep tells claude itself: leave it out`);
  const { agent_session: known, model } = agent;
  if (resuming && known === undefined && message === undefined)
    throw new Error("its conversation never began, so there is none to go on with: spawn the task again");
  if (known !== undefined && isGone(known, env)) throw gone(known);
  const session = known ?? newConversationId(spec, "claude");
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
    login: loginOf("claude", folderOf(env) ?? "", KEYS, env),
  };
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
