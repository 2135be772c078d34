import type { AgentEvent, EventHandler } from "skep";
import {
  agentSession,
  amount,
  type Fields,
  fields,
  known,
  list,
  objects,
  spent,
  text,
  timeOfSeconds,
} from "../fields.ts";

/** `claude -p --output-format stream-json`, one-shot and live. */
export const claude: EventHandler = {
  name: "claude",
  runner: "claude",
  handle({ type, data }) {
    switch (type) {
      case "system":
        return readSystem(data);
      case "assistant":
        return isSubagent(data) ? [] : readAssistant(data);
      case "user":
        return isSubagent(data) ? [] : readUser(data);
      case "result":
        return [...readUsage(data), ...endTurn(data)];
      case "control_request":
        return readRequest(data);
      case "rate_limit_event":
        return readLimit(fields(data["rate_limit_info"]));
      case "stream_event":
        return isSubagent(data) ? [] : readDelta(fields(data["event"]));
      case "control_cancel_request": {
        const request = text(data["request_id"]);
        return request === undefined ? [] : [{ kind: "withdrawn", request }];
      }
      case "control_response":
        return [];
      default:
        return undefined;
    }
  },
};

const isSubagent = (data: Fields): boolean => text(data["parent_tool_use_id"]) !== undefined;

function readSystem(data: Fields): readonly AgentEvent[] | undefined {
  switch (data["subtype"]) {
    case "init": // at each turn of a live process; all lines name a session, a result also one that was not found
      return [...agentSession(data["session_id"]), { kind: "turn_started" }];
    case "api_retry": {
      const cause = [text(data["error"]), amount(data["error_status"])].filter((part) => part !== undefined).join(" ");
      const count = `attempt ${amount(data["attempt"]) ?? "?"} of ${amount(data["max_retries"]) ?? "?"}`;
      return [{ kind: "error", level: "retry", message: `${cause || "error"}, ${count}` }];
    }
    case "permission_denied": {
      const message = `${text(data["tool_name"]) ?? "a tool"} denied: ${text(data["message"]) ?? "no reason given"}`;
      return [{ kind: "error", level: "warning", message }];
    }
    case "status":
    case "compact_boundary":
    case "thinking_tokens": // how many so far, also a sub-agent's: it is not said whose
    case "task_started": // a sub-agent's, which is a tool of the agent
    case "task_progress":
    case "task_updated":
    case "task_notification":
    case "background_tasks_changed":
      return [];
    default:
      return undefined;
  }
}

/** Pieces of a text, with --include-partial-messages: no line of them names the message, which follows whole. */
const SPEECH = "speech";
function readDelta({ type, delta }: Fields): readonly AgentEvent[] {
  const piece = type === "content_block_delta" ? text(fields(delta)["text"]) : undefined;
  return piece === undefined ? [] : [{ kind: "message", role: "assistant", text: piece, delta: true, id: SPEECH }];
}

function readAssistant(data: Fields): readonly AgentEvent[] {
  const blocks = objects(fields(data["message"])["content"]);
  const error = text(data["error"]);
  if (error !== undefined) {
    // The API's error, in an assistant's clothes: no answer.
    const message = blocks.map((block) => text(block["text"]) ?? "").join("\n") || error;
    const login = error === "authentication_failed" ? { login: true } : {};
    const failed: AgentEvent = { kind: "error", level: "terminal", message, ...login };
    return error === "rate_limit" ? [{ kind: "limit", message }, failed] : [failed];
  }
  return blocks.flatMap((block): readonly AgentEvent[] => {
    const body = text(block["text"]);
    switch (block["type"]) {
      case "text":
        return body === undefined ? [] : [{ kind: "message", role: "assistant", text: body, id: SPEECH }];
      case "thinking":
        return [{ kind: "activity", text: "thinking" }];
      case "tool_use":
        return [{ kind: "tool", phase: "started", ...toolOf(block) }];
      default:
        return [];
    }
  });
}

function toolOf({ id, name, input }: Fields): { id?: string; name?: string; summary?: string } {
  return known({ id: text(id), name: text(name), summary: summaryOf(input) });
}

function readUser(data: Fields): readonly AgentEvent[] {
  const { content } = fields(data["message"]);
  const said = text(content);
  // The user's own words come with --replay-user-messages alone.
  if (said !== undefined) return data["isReplay"] === true ? [{ kind: "message", role: "user", text: said }] : [];
  return objects(content).flatMap(({ type, is_error, tool_use_id }): readonly AgentEvent[] =>
    type === "tool_result"
      ? [{ kind: "tool", phase: "ended", ok: is_error !== true, ...known({ id: text(tool_use_id) }) }]
      : [],
  );
}

function endTurn({ result, is_error, terminal_reason, errors, subtype }: Fields): readonly AgentEvent[] {
  if (text(terminal_reason)?.startsWith("aborted_")) return [{ kind: "turn_ended", cancelled: true }];
  const said = text(result);
  // `subtype` is "success" also when an API error ended the turn; that error was an assistant's line before.
  if (is_error !== true) return [{ kind: "turn_ended", ...known({ answer: said }) }];
  if (said !== undefined) return [{ kind: "turn_ended", error: said }];
  const error = text(list(errors)[0]) ?? text(subtype) ?? "failed";
  return [
    { kind: "error", level: "terminal", message: error },
    { kind: "turn_ended", error },
  ];
}

function readUsage(data: Fields): readonly AgentEvent[] {
  const usage = fields(data["usage"]);
  const turn = spent("turn", {
    input_tokens: amount(usage["input_tokens"]),
    output_tokens: amount(usage["output_tokens"]),
    cache_read_tokens: amount(usage["cache_read_input_tokens"]),
    cache_write_tokens: amount(usage["cache_creation_input_tokens"]),
  });
  // Cumulative over the process and its resumes; 0 also when a resume found no session, which is no new beginning.
  const cost = amount(data["total_cost_usd"]) ?? 0;
  return [...turn, ...(cost > 0 ? spent("session", { cost_usd: cost }) : [])];
}

function readRequest(data: Fields): readonly AgentEvent[] {
  const request = text(data["request_id"]);
  const asked = fields(data["request"]);
  if (request === undefined || asked["subtype"] !== "can_use_tool") return [];
  const what = [text(asked["tool_name"]) ?? "a tool", summaryOf(asked["input"])]
    .filter((part) => part !== undefined)
    .join(": ");
  return [{ kind: "waiting", request, what }];
}

function readLimit(info: Fields): readonly AgentEvent[] {
  if (info["status"] !== "rejected") return [];
  const message = `rate limit reached: ${text(info["rateLimitType"]) ?? "unknown"}`;
  return [{ kind: "limit", message, ...known({ until: timeOfSeconds(info["resetsAt"]) }) }];
}

function summaryOf(input: unknown): string | undefined {
  const { command, file_path, url, pattern, description } = fields(input);
  return [command, file_path, url, pattern, description].map(text).find((value) => value !== undefined);
}
