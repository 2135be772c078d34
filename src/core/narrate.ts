import type { StampedEvent } from "../types.ts";

/** What `logs` shows of events: the transcript, with tools and questions. Deltas are shown line by line as they fill. */
export interface Narration {
  readonly role: "user" | "assistant";
  readonly id: string | undefined;
  readonly rest: string; // of a message that may go on: its last line so far
  readonly shown: number; // lines of it before that
}
export interface Narrated {
  readonly state: Narration | undefined;
  readonly lines: readonly string[];
}

export function narrate(state: Narration | undefined, event: StampedEvent): Narrated {
  if (event.kind === "message") {
    const prefix = event.role === "user" ? "user: " : "";
    const same = state?.role === event.role && state.id === event.id;
    const joins = event.delta === true && same;
    const completes = event.delta !== true && same && event.id !== undefined; // whole, after its own pieces
    const before = joins || completes ? [] : flush(state);
    const parts = ((joins ? state.rest : "") + event.text).split(/\r?\n/).slice(completes ? state.shown : 0);
    const rest = parts.pop() ?? "";
    const whole = [...before, ...parts.map((line) => prefix + line)];
    const shown = (joins ? state.shown : 0) + parts.length;
    if (event.delta === true) return { state: { role: event.role, id: event.id, rest, shown }, lines: whole };
    return { state: undefined, lines: rest === "" ? whole : [...whole, prefix + rest] };
  }
  const lines = linesOf(event);
  return lines === undefined ? { state, lines: [] } : { state: undefined, lines: [...flush(state), ...lines] };
}

/** What is left of a message when nothing more of it comes. */
export const flush = (state: Narration | undefined): readonly string[] =>
  state === undefined || state.rest === "" ? [] : [(state.role === "user" ? "user: " : "") + state.rest];

/** `undefined`: nothing to be shown, and it does not end the message before it. */
function linesOf(event: StampedEvent): readonly string[] | undefined {
  switch (event.kind) {
    case "output":
      return split(event.text, event.stream === "stderr" ? "stderr: " : "");
    case "tool": {
      const { phase, name = "tool", summary, ok } = event;
      if (phase === "started") return [`→ ${name}${summary === undefined ? "" : ` ${firstLine(summary)}`}`];
      return ok === false ? [`✗ ${name}${summary === undefined ? "" : ` ${firstLine(summary)}`}`] : undefined;
    }
    case "waiting":
      return [`? ${event.what}`];
    case "answered":
      return [event.allowed ? "! allowed" : "! denied"];
    case "withdrawn":
      return ["! no longer asked"];
    case "limit":
      return [`limit: ${event.message}`];
    case "error":
      return split(event.message, event.level === "terminal" ? "error: " : `${event.level}: `);
    case "start_held":
      return event.why === undefined ? [] : [`held back: ${event.why}`];
    case "run_failed":
      return split(event.error, "error: ");
    case "turn_started":
    case "turn_ended":
    case "run_started":
    case "run_stopped":
      return [];
    default:
      return undefined;
  }
}

const split = (text: string, prefix: string): readonly string[] =>
  text
    .replace(/[\r\n]+$/, "")
    .split(/\r?\n/)
    .map((line) => prefix + line);

const firstLine = (text: string): string => text.split("\n", 1)[0] ?? "";
