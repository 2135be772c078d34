import type { AgentEvent, EventHandler } from "skep";
import { agentSession, amount, type Fields, fields, known, spent, text } from "../fields.ts";

/** `codex exec --json`: one turn a run. Ids of items begin anew with each run. */
export const codex: EventHandler = {
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
        return [{ kind: "turn_ended", error: text(fields(data["error"])["message"]) ?? "failed" }];
      case "error": {
        // Said of each retry too; what failed for good is followed by turn.failed.
        const message = text(data["message"]) ?? "error";
        return [{ kind: "error", level: message.startsWith("Reconnecting") ? "retry" : "terminal", message }];
      }
      case "item.started":
        return startItem(fields(data["item"]));
      case "item.completed":
        return endItem(fields(data["item"]));
      case "item.updated":
        return [];
      default:
        return undefined;
    }
  },
};

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

function toolOf(item: Fields): { id?: string; name?: string; summary?: string } {
  return known({
    id: text(item["id"]),
    name: text(item["tool"]) ?? text(item["type"]),
    summary: text(item["command"]) ?? text(item["query"]),
  });
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
