import type { AgentEvent, EventHandler } from "../../src/types.ts";
import { agentSession, type Fields, fields, isRecord, known, text } from "../../plugins/fields.ts";
import { endTool, errorText, readUsage } from "../../plugins/opencode/handler.ts";

/**
 * The events of `opencode serve` (`GET /event`, without the `data: ` of server-sent events). Steps tell that a turn has
 * started, its last message that it is over: busy and idle are both said again after the end.
 */
export const opencodeServe: EventHandler = {
  name: "opencode-serve",
  runner: "opencode-serve",
  handle({ type, data }) {
    const told = fields(data["properties"]);
    switch (type) {
      case "message.part.updated":
        return readPart(fields(told["part"]));
      case "message.part.delta": {
        const delta = text(told["delta"]);
        if (told["field"] !== "text" || delta === undefined) return [];
        return [
          { kind: "message", role: "assistant", text: delta, delta: true, ...known({ id: text(told["partID"]) }) },
        ];
      }
      case "message.updated":
        return endTurn(fields(told["info"]));
      case "session.error":
        return isAborted(told["error"])
          ? []
          : [{ kind: "error", level: "terminal", message: errorText(told["error"]) }];
      default:
        return OF_NO_INTEREST.test(type) ? [] : undefined;
    }
  },
};

const OF_NO_INTEREST = /^(server|session|plugin|catalog|reference|integration)\./;

function readPart(part: Fields): readonly AgentEvent[] {
  switch (part["type"]) {
    case "step-start":
      return [...agentSession(part["sessionID"]), { kind: "turn_started" }];
    case "step-finish":
      return readUsage(part);
    case "tool":
      switch (fields(part["state"])["status"]) {
        case "pending": // told once; `running` again and again
          return [{ kind: "tool", phase: "started", ...known({ id: text(part["callID"]), name: text(part["tool"]) }) }];
        case "completed":
        case "error":
          return [endTool(part)];
        default:
          return [];
      }
    default: // a text was told by its deltas
      return [];
  }
}

const isAborted = (error: unknown): boolean => fields(error)["name"] === "MessageAbortedError";

function endTurn({ role, time, finish, error }: Fields): readonly AgentEvent[] {
  if (role !== "assistant" || fields(time)["completed"] === undefined) return [];
  if (isAborted(error)) return [{ kind: "turn_ended", cancelled: true }];
  if (isRecord(error)) return [{ kind: "turn_ended", error: errorText(error) }];
  return finish === "stop" ? [{ kind: "turn_ended" }] : [];
}
