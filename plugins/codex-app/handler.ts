import type { AgentEvent, EventHandler } from "skep";
import {
  agentSession,
  amount,
  type Fields,
  fields,
  isRecord,
  known,
  objects,
  requestId,
  spent,
  text,
  timeOfSeconds,
} from "../fields.ts";
import { toolOf } from "../codex/tool-of.ts";
import { inWords, isQuestion } from "./questions.ts";

/**
 * `codex app-server`: JSON-RPC, so its lines have no `type`. The ids of skep's requests name their method
 * (`thread/start:2`); codex's own requests have any id.
 */
export const codexAppHandler: EventHandler = {
  name: "codex-app",
  runner: "codex-app",
  types: ["json"],
  sessionOf: ({ data }) => text(fields(data["params"])["threadId"]), // a sub-agent has a thread of its own
  handle({ data }) {
    const method = text(data["method"]);
    if (method === undefined) return readResponse(data);
    const params = fields(data["params"]);
    return data["id"] === undefined ? readNotification(method, params) : readRequest(method, data["id"], params);
  },
};

function readResponse({ id, result, error }: Fields): readonly AgentEvent[] | undefined {
  const method = text(id)?.replace(/:[^:]*$/, "");
  if (method === undefined) return undefined;
  if (isRecord(error)) {
    const message = text(error["message"]) ?? "error";
    const failed: AgentEvent = { kind: "error", level: "terminal", message };
    return method === "turn/start" ? [failed, { kind: "turn_ended", error: message }] : [failed];
  }
  return agentSession(fields(fields(result)["thread"])["id"]);
}

function readRequest(method: string, id: unknown, params: Fields): readonly AgentEvent[] {
  const request = requestId(id);
  return request === undefined || !isQuestion(method)
    ? []
    : [{ kind: "waiting", request, what: inWords(method, params) }];
}

function readNotification(method: string, params: Fields): readonly AgentEvent[] | undefined {
  const item = fields(params["item"]);
  switch (method) {
    case "turn/started":
      return [{ kind: "turn_started" }];
    case "serverRequest/resolved": {
      const request = requestId(params["requestId"]);
      return request === undefined ? [] : [{ kind: "withdrawn", request }]; // by whomever
    }
    case "turn/completed":
      return [endTurn(fields(params["turn"]))];
    case "item/started":
      return TOOLS.has(item["type"]) ? [{ kind: "tool", phase: "started", ...toolOf(item) }] : [];
    case "item/completed":
      return endItem(item);
    case "item/agentMessage/delta": {
      const delta = text(params["delta"]);
      if (delta === undefined) return [];
      return [
        { kind: "message", role: "assistant", text: delta, delta: true, ...known({ id: text(params["itemId"]) }) },
      ];
    }
    case "thread/tokenUsage/updated":
      return readUsage(fields(fields(params["tokenUsage"])["total"]));
    case "account/rateLimits/updated":
      return readLimit(fields(params["rateLimits"]));
    case "error": {
      const message = text(fields(params["error"])["message"]) ?? "error";
      if (params["willRetry"] === true) return [{ kind: "error", level: "retry", message }];
      const login = /\b401\b|refresh token|log in again|not logged in/i.test(message) ? { login: true } : {};
      return [{ kind: "error", level: "terminal", message, ...login }];
    }
    case "warning":
    case "configWarning":
      return [
        { kind: "error", level: "warning", message: text(params["message"]) ?? text(params["summary"]) ?? "warning" },
      ];
    default:
      return OF_NO_INTEREST.test(method) ? [] : undefined;
  }
}

const OF_NO_INTEREST = /^(thread|item|turn|remoteControl|account|serverRequest|mcpServer)\//;
const TOOLS: ReadonlySet<unknown> = new Set([
  "commandExecution",
  "fileChange",
  "mcpToolCall",
  "dynamicToolCall",
  "collabAgentToolCall",
  "webSearch",
]);

function endItem(item: Fields): readonly AgentEvent[] {
  if (item["type"] === "userMessage") {
    return objects(item["content"]).flatMap((block): readonly AgentEvent[] => {
      const said = text(block["text"]);
      return said === undefined ? [] : [{ kind: "message", role: "user", text: said }];
    });
  }
  if (item["type"] === "reasoning") return [{ kind: "activity", text: "thinking" }];
  // An agent's message was told by its deltas.
  if (!TOOLS.has(item["type"])) return [];
  const status = text(item["status"]);
  return [
    { kind: "tool", phase: "ended", ...toolOf(item), ...(status === undefined ? {} : { ok: status === "completed" }) },
  ];
}

function endTurn({ status, error, items }: Fields): AgentEvent {
  if (status === "interrupted") return { kind: "turn_ended", cancelled: true };
  if (status !== "completed")
    return { kind: "turn_ended", error: text(fields(error)["message"]) ?? text(status) ?? "failed" };
  const answer = objects(items).findLast((item) => item["type"] === "agentMessage")?.["text"];
  return { kind: "turn_ended", ...known({ answer: text(answer) }) };
}

/** Sums of the whole thread. Input counts what was read from a cache or written to it. */
function readUsage(total: Fields): readonly AgentEvent[] {
  const input = amount(total["inputTokens"]);
  const read = amount(total["cachedInputTokens"]);
  const written = amount(total["cacheWriteInputTokens"]);
  return spent("session", {
    input_tokens: input === undefined ? undefined : Math.max(0, input - (read ?? 0) - (written ?? 0)),
    output_tokens: amount(total["outputTokens"]),
    cache_read_tokens: read,
    cache_write_tokens: written,
  });
}

function readLimit(limits: Fields): readonly AgentEvent[] {
  const reached = text(limits["rateLimitReachedType"]);
  if (reached === undefined) return [];
  const until = timeOfSeconds(fields(limits["primary"])["resetsAt"]);
  return [{ kind: "limit", message: `rate limit reached: ${reached}`, ...known({ until }) }];
}
