import type { AgentEvent, EventHandler, LogEntry, RunExit, Usage } from "skep";
import { isRecord, messageText, textField } from "./blocks.ts";

/**
 * zot's vocabulary, as its swarm logs it and its children print it. One prompt is a numbered turn (`step`); within it the
 * model is called once or more often, and each call begins and ends with a `turn_start` and an unnumbered `turn_end` too.
 */
export const zotHandler: EventHandler = {
  name: "zot",
  runner: ["zot", "demo", "exec"],
  types: [
    "agent_started",
    "agent_stopped",
    "agent_ready",
    "turn_start",
    "turn_end",
    "user_message",
    "assistant_message",
    "tool_call",
    "tool_result",
    "usage",
    "error",
    "assistant_start",
    "text_delta",
    "tool_use_start",
    "tool_use_args",
    "tool_use_end",
    "tool_progress",
    "done",
  ],
  passing: ["assistant_message", "tool_call", "tool_result"],
  handle: translate,
};

const IDLE: AgentEvent = { kind: "activity", text: "idle" };
const NOTHING: readonly AgentEvent[] = [];

function translate({ type, data, origin }: LogEntry): readonly AgentEvent[] | undefined {
  switch (type) {
    // From a child these are information: only the supervisor that wrote the log opens and ends its runs.
    case "agent_started":
      return origin.by === "other" ? [{ kind: "run_started", run: 0, resumed: data["resuming"] === true }] : NOTHING;
    case "agent_stopped":
      return origin.by === "other" ? [{ kind: "run_stopped", exit: readExit(data) }] : NOTHING;
    case "agent_ready":
      return [{ kind: "ready" }];
    case "turn_start":
      return [{ kind: "turn_started" }, { kind: "activity", text: "thinking" }];
    case "turn_end":
      return typeof data["step"] === "number" ? [endTurn(data), IDLE] : [IDLE];
    case "user_message":
      return [{ kind: "message", role: "user", text: messageText(data) }];
    case "assistant_message":
      return [{ kind: "message", role: "assistant", text: messageText(data) }, IDLE];
    case "tool_call":
      return [{ kind: "tool", phase: "started", ...toolOf(data) }];
    case "tool_result": {
      const failed = data["is_error"];
      return [
        { kind: "tool", phase: "ended", ...toolOf(data), ...(typeof failed === "boolean" ? { ok: !failed } : {}) },
        IDLE,
      ];
    }
    case "usage":
      return readUsage(data["cumulative"]);
    case "error":
      return readError(data, origin);
    case "assistant_start":
    case "text_delta": // the whole message follows
    case "tool_use_start":
    case "tool_use_args":
    case "tool_use_end":
    case "tool_progress":
    case "done":
      return NOTHING;
    default:
      return undefined;
  }
}

function readExit(data: LogEntry["data"]): RunExit {
  const { code } = data;
  const signal = textField(data, "signal");
  const error = textField(data, "error");
  return {
    reason: textField(data, "reason") ?? "",
    ...(typeof code === "number" ? { code } : {}),
    ...(signal === undefined ? {} : { signal }),
    ...(error === undefined ? {} : { error }),
  };
}

const CANCELLED: ReadonlySet<unknown> = new Set(["cancelled", "canceled", "aborted"]);

function endTurn(data: LogEntry["data"]): AgentEvent {
  const error = textField(data, "error"); // "" when all went well
  // zot's own numbered turn_end has no `stop`: a cancel is told by Go's error alone, which may be wrapped in others.
  const cancelled = CANCELLED.has(data["stop"]) || error?.endsWith("context canceled") === true;
  if (cancelled) return { kind: "turn_ended", cancelled };
  return { kind: "turn_ended", ...(error === undefined ? {} : { error }) };
}

function toolOf(data: LogEntry["data"]): { id?: string; name?: string } {
  const id = textField(data, "id");
  const name = textField(data, "name");
  return { ...(id === undefined ? {} : { id }), ...(name === undefined ? {} : { name }) };
}

const USAGE_NAMES: Readonly<Record<string, keyof Usage>> = {
  input: "input_tokens",
  output: "output_tokens",
  cache_read: "cache_read_tokens",
  cache_write: "cache_write_tokens",
  cost_usd: "cost_usd",
};

function readUsage(cumulative: unknown): readonly AgentEvent[] {
  if (!isRecord(cumulative)) return NOTHING;
  const usage: { -readonly [Key in keyof Usage]?: number } = {};
  for (const [theirs, ours] of Object.entries(USAGE_NAMES)) {
    const value = cumulative[theirs];
    if (typeof value === "number" && Number.isFinite(value) && value >= 0) usage[ours] = value;
  }
  return Object.values(usage).some((value) => value > 0) ? [{ kind: "usage", scope: "session", usage }] : NOTHING;
}

function readError(data: LogEntry["data"], origin: LogEntry["origin"]): readonly AgentEvent[] {
  const message = textField(data, "message") ?? textField(data, "error"); // zot says that it is busy in `error`
  if (message === undefined) return NOTHING;
  if (!message.includes("agent busy")) return [{ kind: "error", level: "terminal", message }];
  // skep puts the message back, so nothing failed; under another supervisor it was lost.
  return [{ kind: "busy" }, { kind: "error", level: origin.by === "other" ? "terminal" : "warning", message }];
}
