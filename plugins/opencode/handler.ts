import type { AgentEvent, EventHandler } from "skep";
import { agentSession, amount, type Fields, fields, known, spent, text } from "../fields.ts";
import { explain, type Refusal } from "../refusals.ts";

/**
 * `opencode run --format json`: one turn a run, made of steps. Nothing says that the turn is over but the reason of its last
 * step; a tool is told of only when it has finished.
 */
export const opencodeHandler: EventHandler = {
  name: "opencode",
  runner: "opencode",
  handle({ type, data, time }) {
    const part = fields(data["part"]);
    const body = text(part["text"]);
    switch (type) {
      case "step_start":
        return [...agentSession(data["sessionID"]), { kind: "turn_started" }];
      case "text":
        return body === undefined ? [] : [{ kind: "message", role: "assistant", text: body }];
      case "reasoning":
        return [{ kind: "activity", text: "thinking" }];
      case "tool_use":
        return [endTool(part)];
      case "step_finish":
        return [...readUsage(part), ...endStep(part["reason"])];
      case "error":
        return readError(fields(data["error"]), time);
      case "stderr":
        return explain(text(data["text"]) ?? "", REFUSALS);
      default:
        return undefined;
    }
  },
};

const REFUSALS: readonly Refusal[] = [
  ["Session not found", "opencode no longer has this conversation: spawn the task again"],
  ["ProviderAuthError", "opencode's login does not work: opencode auth login", "login"],
];

/** Errors that may pass it tries again by itself, and says nothing until it gives up. */
function readError(error: Fields, time: string): readonly AgentEvent[] {
  const message = errorText(error);
  const { statusCode, responseHeaders } = fields(error["data"]);
  const login = statusCode === 401 || error["name"] === "ProviderAuthError" ? { login: true } : {};
  const until = laterThan(time, Number(text(fields(responseHeaders)["retry-after"])));
  return [
    ...(statusCode === 429 ? [{ kind: "limit", message, ...known({ until }) } as const] : []),
    { kind: "error", level: "terminal", message, ...login },
    { kind: "turn_ended", error: message },
  ];
}

/** An HTTP `retry-after` in seconds, from when it was told. */
function laterThan(time: string, seconds: number): string | undefined {
  const at = Date.parse(time) + seconds * 1_000;
  return seconds > 0 && Math.abs(at) < 8.64e15 ? new Date(at).toISOString() : undefined;
}

const GOES_ON: ReadonlySet<unknown> = new Set(["tool-calls", "unknown"]);

function endStep(reason: unknown): readonly AgentEvent[] {
  if (GOES_ON.has(reason)) return [];
  return [
    {
      kind: "turn_ended",
      ...(reason === "stop" ? {} : { error: `its last step ended with ${text(reason) ?? "no reason"}` }),
    },
  ];
}

/** A part of type `tool` that has finished. */
export function endTool(part: Fields): AgentEvent {
  const state = fields(part["state"]);
  const summary = text(state["title"]) ?? text(fields(state["input"])["command"]);
  const told = known({ id: text(part["callID"]), name: text(part["tool"]), summary });
  return { kind: "tool", phase: "ended", ok: state["status"] === "completed", ...told };
}

/** Tokens and dollars of one step, from its last part. */
export function readUsage(part: Fields): readonly AgentEvent[] {
  const tokens = fields(part["tokens"]);
  const cache = fields(tokens["cache"]);
  return spent("step", {
    input_tokens: amount(tokens["input"]),
    output_tokens: amount(tokens["output"]),
    cache_read_tokens: amount(cache["read"]),
    cache_write_tokens: amount(cache["write"]),
    cost_usd: amount(part["cost"]),
  });
}

/** `{name, data: {message}}` */
export function errorText(error: unknown): string {
  const { name, data } = fields(error);
  return text(fields(data)["message"]) ?? text(name) ?? "error";
}
