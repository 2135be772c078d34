import type { AgentEvent, EventHandler } from "skep";
import { agentSession, amount, type Fields, fields, known, spent, text } from "../fields.ts";
import { explain, type Refusal } from "../refusals.ts";
import { toolOf } from "./tool-of.ts";

/** `codex exec --json`: one turn a run. Ids of items begin anew with each run. */
export const codexHandler: EventHandler = {
  name: "codex",
  runner: "codex",
  handle({ type, data }) {
    switch (type) {
      case "thread.started":
        return agentSession(data["thread_id"]);
      case "turn.started":
        return [{ kind: "turn_started" }];
      case "turn.completed":
        return [...readUsage(fields(data["usage"])), { kind: "turn_ended" }];
      case "turn.failed":
        return [{ kind: "turn_ended", error: messageIn(fields(data["error"])["message"]) }];
      case "error":
        return readError(messageIn(data["message"]));
      case "item.started":
        return startItem(fields(data["item"]));
      case "item.completed":
        return endItem(fields(data["item"]));
      case "item.updated":
        return [];
      case "stderr":
        return explain(text(data["text"]) ?? "", REFUSALS);
      default:
        return undefined;
    }
  },
};

/** What codex says on stderr alone, and ends. */
const REFUSALS: readonly Refusal[] = [
  ["no rollout found for thread", "codex no longer has this conversation: spawn the task again"],
  [
    "Not inside a trusted directory",
    "codex works in git repositories and folders it trusts alone: trust it in codex, or spawn with -- --skip-git-repo-check",
  ],
];

/** Said of each retry too; what failed for good is followed by turn.failed. */
function readError(message: string): readonly AgentEvent[] {
  if (message.startsWith("Reconnecting")) return [{ kind: "error", level: "retry", message }];
  const login = /\b401\b|refresh token|log in again|not logged in/i.test(message) ? { login: true } : {};
  const failed: AgentEvent = { kind: "error", level: "terminal", message, ...login };
  return /\b429\b|usage limit|out of credits/i.test(message) ? [{ kind: "limit", message }, failed] : [failed];
}

/** A provider's own error comes as its JSON. */
function messageIn(value: unknown): string {
  const message = text(value) ?? "error";
  if (!message.startsWith("{")) return message;
  try {
    const told = fields(JSON.parse(message));
    return text(fields(told["error"])["message"]) ?? text(told["message"]) ?? message;
  } catch {
    return message; // it only looks like JSON
  }
}

const TOOLS: ReadonlySet<unknown> = new Set([
  "command_execution",
  "file_change",
  "mcp_tool_call",
  "web_search",
  "collab_tool_call",
]);

function startItem(item: Fields): readonly AgentEvent[] {
  return TOOLS.has(item["type"]) ? [{ kind: "tool", phase: "started", ...toolOf(item) }] : [];
}

function endItem(item: Fields): readonly AgentEvent[] {
  const body = text(item["text"]);
  switch (item["type"]) {
    case "agent_message":
      return body === undefined ? [] : [{ kind: "message", role: "assistant", text: body }];
    case "reasoning":
      return [{ kind: "activity", text: "thinking" }];
    case "error": // a warning: it stops nothing, and comes before the turn has started too
      return [{ kind: "error", level: "warning", message: text(item["message"]) ?? "error" }];
    default:
      return TOOLS.has(item["type"]) ? [{ kind: "tool", phase: "ended", ...toolOf(item), ...okOf(item) }] : [];
  }
}

/** A file change and a search may have no status: then nothing is said. */
function okOf({ status }: Fields): { ok?: boolean } {
  return known({ ok: text(status) === undefined ? undefined : status === "completed" });
}

/** Sums of the whole thread, over its resumes too. Input counts what was read from a cache or written to it. */
function readUsage(usage: Fields): readonly AgentEvent[] {
  const input = amount(usage["input_tokens"]);
  const read = amount(usage["cached_input_tokens"]);
  const written = amount(usage["cache_write_input_tokens"]);
  return spent("session", {
    input_tokens: input === undefined ? undefined : Math.max(0, input - (read ?? 0) - (written ?? 0)),
    output_tokens: amount(usage["output_tokens"]),
    cache_read_tokens: read,
    cache_write_tokens: written,
  });
}
