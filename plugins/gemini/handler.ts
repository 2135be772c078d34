import type { AgentEvent, EventHandler } from "skep";
import { agentSession, amount, type Fields, fields, known, spent, text } from "../fields.ts";
import { explain, type Refusal } from "../refusals.ts";

/** `gemini -o stream-json`: one turn a run. The only one of the agents that repeats the user's words. */
export const geminiHandler: EventHandler = {
  name: "gemini",
  runner: "gemini",
  handle({ type, data }) {
    switch (type) {
      case "init":
        return agentSession(data["session_id"]);
      case "message":
        return readMessage(data);
      case "tool_use": {
        const { command, file_path, prompt } = fields(data["parameters"]);
        const summary = [command, file_path, prompt].map(text).find((said) => said !== undefined);
        return [
          {
            kind: "tool",
            phase: "started",
            ...known({ id: text(data["tool_id"]), name: text(data["tool_name"]), summary }),
          },
        ];
      }
      case "tool_result":
        return [
          { kind: "tool", phase: "ended", ok: data["status"] === "success", ...known({ id: text(data["tool_id"]) }) },
        ];
      case "error":
        return [
          {
            kind: "error",
            level: data["severity"] === "error" ? "terminal" : "warning",
            message: text(data["message"]) ?? "error",
          },
        ];
      case "stderr":
        return explain(text(data["text"]) ?? "", REFUSALS);
      case "result":
        return [...readUsage(fields(data["stats"])), ...endTurn(data)];
      default:
        return undefined;
    }
  },
};

/** With exit codes 41 (login), 42 (conversation, input) and 55 (trust); 52 is said in words that name the settings file. */
const NO_LOGIN = "gemini is not logged in: start gemini and log in there, or set GEMINI_API_KEY";
const REFUSALS: readonly Refusal[] = [
  ["Error resuming session:", "gemini does not have this conversation here any more: spawn the task again"],
  ["Error starting session:", "gemini has a conversation of that id already: skep resume goes on with it"],
  [
    "not running in a trusted directory",
    "gemini does not trust this folder: trust it in gemini, or spawn with -- --skip-trust",
  ],
  ["Invalid auth method selected", NO_LOGIN, "login"],
  ["Please set an Auth method", NO_LOGIN, "login"],
];

function readMessage(data: Fields): readonly AgentEvent[] {
  const said = text(data["content"]);
  if (data["role"] === "user") {
    return [
      { kind: "turn_started" },
      ...(said === undefined ? [] : [{ kind: "message", role: "user", text: said } as const]),
    ];
  }
  if (said === undefined || data["role"] !== "assistant") return [];
  return [{ kind: "message", role: "assistant", text: said, ...(data["delta"] === true ? { delta: true } : {}) }];
}

function endTurn(data: Fields): readonly AgentEvent[] {
  if (data["status"] === "success") return [{ kind: "turn_ended" }];
  const message = text(fields(data["error"])["message"]) ?? "failed";
  const login = /\b401\b|UNAUTHENTICATED|API key not valid/.test(message) ? { login: true } : {};
  const limit = /\b429\b|RESOURCE_EXHAUSTED|quota/.test(message);
  return [
    ...(limit ? [{ kind: "limit", message } as const] : []),
    { kind: "error", level: "terminal", message, ...login },
    { kind: "turn_ended", error: message },
  ];
}

/** Sums of this run alone. `input` is `input_tokens` without those read from a cache. */
function readUsage(stats: Fields): readonly AgentEvent[] {
  return spent("run", {
    input_tokens: amount(stats["input"]),
    output_tokens: amount(stats["output_tokens"]),
    cache_read_tokens: amount(stats["cached"]),
  });
}
