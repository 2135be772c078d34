/** The one fold: an entry is translated, then reduced. Live and replay both come through here. */
import { reasonOf } from "../errors.ts";
import type { LogEntry, StampedEvent } from "../types.ts";
import { reduce } from "./reduce.ts";
import type { AgentState } from "./state.ts";
import type { Translate } from "./translate.ts";

export interface Applied {
  readonly state: AgentState;
  readonly events: readonly StampedEvent[];
}

const DOUBLE_MS = 250; // zot's parent and its child both wrote an event, this close together at most
const NEVER_DOUBLE: ReadonlySet<string> = new Set(["stdout", "stderr"]);

/** `late`: written while nobody supervised. It marks the events for listeners; the state does not depend on it. */
export function apply(state: AgentState, entry: LogEntry, translate: Translate, late = false): Applied {
  const updated = entry.received > 0 ? entry.received : state.updated;
  if (entry.origin.by !== "other") {
    return run(updated === state.updated ? state : { ...state, updated }, entry, translate, late); // a batch shares its receipt
  }
  if (isDouble(state, entry, updated)) return { state, events: [] };
  const previous = { data: entry.data, at: updated };
  return run({ ...state, updated, foreign: state.foreign + 1, previous }, entry, translate, late);
}

function isDouble({ previous }: AgentState, { type, data }: LogEntry, at: number): boolean {
  if (previous === undefined || previous.data["type"] !== type || at - previous.at > DOUBLE_MS) return false;
  return !NEVER_DOUBLE.has(type) && timeless(previous.data) === timeless(data);
}

const timeless = (data: LogEntry["data"]): string => JSON.stringify({ ...data, time: "" });

function run(before: AgentState, entry: LogEntry, translate: Translate, late: boolean): Applied {
  const events = translate(entry, before.session);
  if (events === undefined) return { state: { ...before, unknown: before.unknown + 1 }, events: [] };
  if (events.length === 0) return { state: before, events: [] };
  let state = before;
  const { time } = entry;
  const stamped: StampedEvent[] = [];
  for (const event of events) {
    const told: StampedEvent = late ? { ...event, time, late } : { ...event, time };
    stamped.push(told);
    state = take(state, told, entry);
  }
  return { state, events: stamped };
}

/** A handler may give what is no event. That must not end the fold, nor be silent: the same on replay. */
function take(state: AgentState, event: StampedEvent, entry: LogEntry): AgentState {
  try {
    return reduce(state, event, entry.origin);
  } catch (error) {
    const message = `what a handler made of ${entry.type.slice(0, 60)} is no event: ${reasonOf(error)}`;
    return reduce(state, { kind: "error", level: "warning", message, time: entry.time }, entry.origin);
  }
}
