import { reasonOf } from "../errors.ts";
import type { AgentEvent, EventHandler, LogEntry, MessageState } from "../types.ts";
import { isRecord } from "./entry.ts";

/** Says what an entry means to an agent of this conversation; `undefined`: nobody knows it. */
export interface Translate {
  (entry: LogEntry, session?: string): readonly AgentEvent[] | undefined;
  /** Who says so: what others made of a log is not to be gone on from. */
  readonly by: string;
  /** Types of which old entries say nothing that later ones do not say better: see `EventHandler.passing`. */
  readonly passing: ReadonlySet<string>;
}

/** skep's own entries go to the core alone; all others to the handlers, in the order given. */
export function makeTranslate(handlers: readonly EventHandler[], by = ""): Translate {
  const byType = new Map<string, readonly EventHandler[]>();
  const wanting = (type: string): readonly EventHandler[] => {
    let found = byType.get(type);
    if (found === undefined) {
      found = handlers.filter(({ types }) => types === undefined || types.includes(type));
      // The child chooses the words: only as many lists are kept as an agent's vocabulary can need.
      if (byType.size < 1_000) byType.set(type, found);
    }
    return found;
  };
  const translate = (entry: LogEntry, session?: string): readonly AgentEvent[] | undefined => {
    if (entry.origin.by === "skep") return translateOwn(entry);
    for (const handler of wanting(entry.type)) {
      const events = ask(handler, entry, session);
      if (events !== undefined)
        return entry.origin.by === "other" || events.every(isForHandlers) ? events : events.filter(isForHandlers);
    }
    return undefined;
  };
  // Only the handler that is asked first speaks for a type.
  const passing = handlers.flatMap((handler) => handler.passing?.filter((type) => wanting(type)[0] === handler) ?? []);
  return Object.assign(translate, { by, passing: new Set(passing) });
}

/** A handler that throws must not end the fold, nor be silent: its fault becomes part of what is shown, live and on replay. */
function ask(handler: EventHandler, entry: LogEntry, session: string | undefined): readonly AgentEvent[] | undefined {
  try {
    const events = handler.handle(entry);
    const of = session === undefined ? undefined : handler.sessionOf?.(entry);
    return of === undefined || of === session ? events : events?.filter(isForAnyone);
  } catch (error) {
    const message = `handler ${handler.name} failed on ${entry.type.slice(0, 60)}: ${reasonOf(error)}`;
    return [{ kind: "error", level: "warning", message }];
  }
}

/** What a sub-agent asks stops the agent too; all else that it does is its own affair. */
const isForAnyone = ({ kind }: AgentEvent): boolean => kind === "waiting" || kind === "withdrawn";

/** No child and no plugin can start, stop or answer for skep. */
const OWN: ReadonlySet<AgentEvent["kind"]> = new Set([
  "run_started",
  "run_stopped",
  "run_failed",
  "start_held",
  "stop_requested",
  "cancel_requested",
  "queue",
  "answered",
]);
const isForHandlers = (event: AgentEvent): boolean => !OWN.has(event.kind);

const MESSAGES: Readonly<Record<string, MessageState>> = {
  message_queued: "queued",
  message_sent: "sent",
  message_delivered: "delivered",
  message_done: "done",
  message_undeliverable: "undeliverable",
};

function translateOwn({ type, data, origin }: LogEntry): readonly AgentEvent[] {
  const by = text(data["by"]) ?? "";
  const state = Object.hasOwn(MESSAGES, type) ? MESSAGES[type] : undefined;
  if (state !== undefined) {
    const why = text(data["why"]);
    const waits = data["waits"] === true ? { waits: true } : {};
    return [
      { kind: "queue", message: text(data["message"]) ?? "", state, ...waits, ...(why === undefined ? {} : { why }) },
    ];
  }
  switch (type) {
    case "agent_started":
      return origin.by === "skep" ? [{ kind: "run_started", run: origin.run, resumed: data["resuming"] === true }] : [];
    case "agent_stopped":
      return [{ kind: "run_stopped", exit: readExit(data) }];
    case "stop_requested": {
      const reason = text(data["reason"]);
      return [
        { kind: "stop_requested", by, reason: reason === "shutdown" || reason === "timeout" ? reason : "cancelled" },
      ];
    }
    case "cancel_requested":
      return [{ kind: "cancel_requested", by }];
    case "user_message":
      return [{ kind: "message", role: "user", text: blockTexts(data["content"]).join("\n") }];
    case "said": {
      const command = data["command"];
      if (!isRecord(command) || command["kind"] !== "answer") return [];
      return [{ kind: "answered", request: text(command["request"]) ?? "", allowed: command["allow"] === true }];
    }
    case "dialogue_failed":
      return [{ kind: "run_failed", error: text(data["error"]) ?? "" }];
    case "start_held":
      return [{ kind: "start_held", why: text(data["why"]) ?? "" }];
    case "start_released":
      return [{ kind: "start_held" }];
    case "conversation_differs": {
      const [wanted, told] = [text(data["wanted"]) ?? "", text(data["told"]) ?? ""];
      const error = `it went on with another conversation (${told}) than the one asked for (${wanted}), and was ended`;
      return [{ kind: "run_failed", error, agent_session: wanted }];
    }
    case "environment_missing":
      return [
        {
          kind: "error",
          level: "terminal",
          message: `waits for a resume: ${text(data["names"]) ?? ""} of its spawn is not set here`,
        },
      ];
    case "line_too_long":
      return [{ kind: "output", stream: "stdout", text: `(a line of ${Number(data["bytes"])} bytes is not shown)` }];
    default:
      return [];
  }
}

/** The end of a run as `agent_stopped` tells it, skep's and zot's. */
export function readExit(
  data: Readonly<Record<string, unknown>>,
): Extract<AgentEvent, { kind: "run_stopped" }>["exit"] {
  const { code, signal, error, reason } = data;
  return {
    reason: text(reason) ?? "",
    ...(typeof code === "number" ? { code } : {}),
    ...(typeof signal === "string" ? { signal } : {}),
    ...(typeof error === "string" && error !== "" ? { error } : {}),
  };
}

/** Texts of content blocks, zot's and Anthropic's: those whose `type` is `text` and whose `text` is not empty. */
export function blockTexts(content: unknown): readonly string[] {
  if (typeof content === "string") return content === "" ? [] : [content];
  if (!Array.isArray(content)) return [];
  return content.flatMap((block: unknown) =>
    isRecord(block) && block["type"] === "text" && typeof block["text"] === "string" && block["text"] !== ""
      ? [block["text"]]
      : [],
  );
}

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
