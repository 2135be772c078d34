import type { AgentEvent, EventHandler } from "skep";
import { agentSession, amount, type Fields, fields, isRecord, known, requestId, spent, text } from "../fields.ts";
import { readFailedTurn, readFailure, readNotice } from "./failure.ts";

/**
 * The Agent Client Protocol: JSON-RPC 2.0, so its lines have no `type`. The ids of skep's requests name their method
 * (`session/load:1`), so a response can be read alone; the agent's own requests have any id.
 */
export const acpHandler: EventHandler = {
  name: "acp",
  runner: "acp",
  types: ["json"],
  handle({ data }) {
    const method = text(data["method"]);
    const params = fields(data["params"]);
    switch (method) {
      case undefined:
        return readResponse(data);
      case "session/update":
        return readUpdate(fields(params["update"]));
      case "session/request_permission": {
        const request = requestId(data["id"]);
        return request === undefined ? [] : [{ kind: "waiting", request, what: whatOf(fields(params["toolCall"])) }];
      }
      default: // other requests are the dialogue's; "_…" are an agent's own words
        return data["id"] !== undefined || method.startsWith("_") ? [] : undefined;
    }
  },
};

/** `<kind>: <what>`, as --approve patterns have it. */
function whatOf({ kind, title, rawInput }: Fields): string {
  const what = text(fields(rawInput)["command"]) ?? text(title) ?? "a tool";
  return text(kind) === undefined ? what : `${text(kind)}: ${what}`;
}

function readResponse({ id, result, error }: Fields): readonly AgentEvent[] | undefined {
  const failure = isRecord(error) ? errorText(error) : undefined;
  const failed: readonly AgentEvent[] =
    failure === undefined ? [] : [{ kind: "error", level: "terminal", message: failure, ...loginOf(fields(error)) }];
  switch (text(id)?.replace(/:[^:]*$/, "")) {
    case undefined:
      return undefined;
    case "initialize":
      // Nothing that comes before a session is there is new: session/load repeats all turns before it answers.
      return failure === undefined ? [{ kind: "history", phase: "started" }] : failed;
    case "session/new":
    case "session/load":
    case "session/resume": // not every agent repeats the session that it was asked to load
      return [{ kind: "history", phase: "ended" }, ...agentSession(fields(result)["sessionId"]), ...failed];
    case "session/prompt":
      return failure === undefined ? endTurn(fields(result)) : [...failed, { kind: "turn_ended", error: failure }];
    default:
      return failed;
  }
}

/** Agents put what happened into `data.details`, behind "Internal error". */
function errorText(error: Fields): string {
  return text(fields(error["data"])["details"]) ?? text(error["message"]) ?? "error";
}

/** -32000 is the protocol's own word for it. */
function loginOf({ code, data }: Fields): { login?: true } {
  const { errorKind, statusCode } = fields(data);
  return code === -32000 || errorKind === "authentication_failed" || statusCode === 401 ? { login: true } : {};
}

function endTurn({ stopReason, usage, _meta }: Fields): readonly AgentEvent[] {
  const tokens = readUsage(fields(usage), fields(fields(_meta)["quota"]));
  const failed = readFailedTurn(_meta);
  if (failed.length > 0) return [...tokens, ...failed];
  switch (stopReason) {
    case "end_turn":
      return [...tokens, { kind: "turn_ended" }];
    case "cancelled":
      return [...tokens, { kind: "turn_ended", cancelled: true }];
    default:
      return [...tokens, { kind: "turn_ended", error: `stopped: ${text(stopReason) ?? "no reason given"}` }];
  }
}

/** Tokens of one turn. gemini tells them in a place of its own, its input with the cached ones and not how many: left out. */
function readUsage(usage: Fields, quota: Fields): readonly AgentEvent[] {
  return spent("turn", {
    input_tokens: amount(usage["inputTokens"]),
    output_tokens: amount(usage["outputTokens"]) ?? amount(fields(quota["token_count"])["output_tokens"]),
    cache_read_tokens: amount(usage["cachedReadTokens"]),
    cache_write_tokens: amount(usage["cachedWriteTokens"]),
  });
}

function readUpdate(update: Fields): readonly AgentEvent[] | undefined {
  switch (update["sessionUpdate"]) {
    case "user_message_chunk":
      return readChunk("user", update);
    case "agent_message_chunk":
      return readChunk("assistant", update);
    case "agent_thought_chunk":
      return [{ kind: "activity", text: "thinking" }];
    case "tool_call": {
      // A tool may be told of only when it has finished.
      const kind = update["kind"] === "other" ? undefined : text(update["kind"]); // so are those of MCP
      const name = text(update["name"]) ?? kind ?? text(update["title"]);
      const told = known({ id: text(update["toolCallId"]), name, summary: text(update["title"]) });
      return [{ kind: "tool", phase: "started", ...told }, ...endTool(update)];
    }
    case "tool_call_update":
      return endTool(update);
    case "usage_update": {
      const { amount: total, currency } = fields(update["cost"]);
      const cost_usd = currency === "USD" ? amount(total) : undefined;
      return cost_usd === 0 ? [] : spent("session", { cost_usd }); // 0: nothing was asked of a model yet
    }
    case "notice":
      return readNotice(update);
    case "session_info_update":
      return readFailure(update["_meta"]);
    default: // plans, modes, commands
      return text(update["sessionUpdate"]) === undefined ? undefined : [];
  }
}

function readChunk(role: "user" | "assistant", { content, messageId }: Fields): readonly AgentEvent[] {
  const said = text(fields(content)["text"]);
  return said === undefined
    ? []
    : [{ kind: "message", role, text: said, delta: true, ...known({ id: text(messageId) }) }];
}

function endTool({ status, toolCallId }: Fields): readonly AgentEvent[] {
  if (status !== "completed" && status !== "failed") return [];
  return [{ kind: "tool", phase: "ended", ok: status === "completed", ...known({ id: text(toolCallId) }) }];
}
