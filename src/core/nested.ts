/** What agents leave in the environment of what they run, and what makes another agent take itself for a part of them. */
const MARKS: ReadonlySet<string> = new Set([
  "AI_AGENT",
  "CLAUDECODE",
  "CLAUDE_CODE_CHILD_SESSION",
  "CLAUDE_CODE_ENTRYPOINT",
  "CLAUDE_CODE_HOST_CHECKED_FOLDER",
  "CLAUDE_CODE_SESSION_ATTENDED",
  "CLAUDE_CODE_SESSION_ID",
  "CLAUDE_CODE_SSE_PORT",
  "CLAUDE_CODE_STARTER_MAY_HOLD_CONNECTOR_FILE",
  "CLAUDE_PID",
]);

/** The environment without them; those that were named for this agent stay. */
export function withoutMarks(
  env: Readonly<Record<string, string | undefined>>,
  named: readonly string[] = [],
): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !MARKS.has(name) || named.includes(name)));
}
