import type { AgentEvent, EventHandler } from "skep";
import { agentSession, amount, type Fields, fields, known, spent, text } from "../fields.ts";

/**
 * `opencode run --format json`: one turn a run, made of steps. Nothing says that the turn is over but the reason of its last
 * step; a tool is told of only when it has finished.
 */
export const opencode: EventHandler = {
  name: "opencode",
  runner: "opencode",
  handle({ type, data }) {
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
      case "error": {
        const message = errorText(data["error"]);
        return [
          { kind: "error", level: "terminal", message },
          { kind: "turn_ended", error: message },
        ];
      }
      default:
        return undefined;
    }
  },
};

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
