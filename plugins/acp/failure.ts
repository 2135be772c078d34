/**
 * What agents say beside the conversation, to those who ask for it when they introduce themselves. Without that both adapters
 * put it among the model's own words, and codex-acp ends a turn that failed as one that went well.
 */
import type { AgentEvent } from "skep";
import { type Fields, fields, text } from "../fields.ts";

/** `notices` are the protocol's own, `sessionFailure` is the adapters' extension for JetBrains' AIR. */
export const ASKED_FOR: object = {
  session: { notices: {} },
  _meta: { jetbrains: { air: { version: 1, capabilities: ["sessionFailure"] } } },
};

/** What failed, in the `_meta` of a response or an update: `{severity, category, title, details}`. */
const failureIn = (meta: unknown): Fields => fields(fields(fields(fields(meta)["jetbrains"])["air"])["sessionFailure"]);

/** Of the response that ends a turn; none where it went well. */
export function readFailedTurn(meta: unknown): readonly AgentEvent[] {
  const failure = failureIn(meta);
  if (failure["severity"] !== "error") return [];
  const message = wordsOf(failure["title"], failure["details"]);
  const login = failure["category"] === "access" ? { login: true } : {};
  return [
    { kind: "error", level: "terminal", message, ...login },
    { kind: "turn_ended", error: message },
  ];
}

/** Of an update: a request that is tried again, or news. What ended a turn stands in the turn's own response. */
export function readFailure(meta: unknown): readonly AgentEvent[] {
  const { category, severity, title, details } = failureIn(meta);
  if (text(title) === undefined) return [];
  const level = severity === "warning" && category !== "unknown" ? "retry" : "warning";
  return [{ kind: "error", level, message: wordsOf(title, details) }];
}

export const readNotice = ({ severity, title, description }: Fields): readonly AgentEvent[] =>
  severity === "info" ? [] : [{ kind: "error", level: "warning", message: wordsOf(title, description) }];

function wordsOf(title: unknown, more: unknown): string {
  const [first = "error", ...rest] = [text(title), text(more)].filter((part) => part !== undefined);
  return [first.replace(/[.:]$/, rest.length === 0 ? "$&" : ""), ...rest].join(": ");
}
