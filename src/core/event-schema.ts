/** The events that a handler may tell, checked field by field: those of a plugin no compiler has seen may be of any shape. */
import * as v from "valibot";
import type { AgentEvent } from "../types.ts";

/** What skep alone may tell: from a handler it is dropped. */
type Own =
  | "run_started"
  | "run_stopped"
  | "run_failed"
  | "start_held"
  | "stop_requested"
  | "cancel_requested"
  | "queue"
  | "answered";
type Fields = v.ObjectEntries;

const text = v.pipe(v.string(), v.nonEmpty());
const amount = v.optional(v.pipe(v.number(), v.finite(), v.minValue(0)));
const phase = v.picklist(["started", "ended"]);

/** By kind. A field whose value is undefined is as good as absent. */
const FIELDS = {
  ready: {},
  agent_session: { id: text },
  turn_started: { message: v.optional(text) },
  turn_ended: {
    message: v.optional(text),
    answer: v.optional(text),
    error: v.optional(text),
    cancelled: v.optional(v.boolean()),
  },
  message: {
    role: v.picklist(["user", "assistant"]),
    text: v.string(),
    delta: v.optional(v.boolean()),
    id: v.optional(text),
  },
  output: { stream: v.picklist(["stdout", "stderr"]), text: v.string() },
  tool: { phase, id: v.optional(text), name: v.optional(text), summary: v.optional(text), ok: v.optional(v.boolean()) },
  history: { phase },
  activity: { text },
  waiting: { request: v.string(), what: text },
  withdrawn: { request: v.string() },
  busy: {},
  usage: {
    scope: v.picklist(["step", "turn", "run", "session"]),
    usage: v.strictObject({
      input_tokens: amount,
      output_tokens: amount,
      cache_read_tokens: amount,
      cache_write_tokens: amount,
      cost_usd: amount,
    }),
  },
  limit: { message: text, until: v.optional(v.pipe(v.string(), v.isoTimestamp())) },
  error: { level: v.picklist(["retry", "warning", "terminal"]), message: text, login: v.optional(v.boolean()) },
  note: { name: text, value: v.unknown() },
} satisfies Record<Exclude<AgentEvent["kind"], Own>, Fields>;

const EVENTS: ReadonlyMap<unknown, v.GenericSchema> = new Map(
  Object.entries<Fields>(FIELDS).map(([kind, fields]) => [kind, v.strictObject({ kind: v.literal(kind), ...fields })]),
);
const kindOf = v.object({ kind: v.string() });

/** Why a handler may not give this for an entry; `undefined` when it may. */
export function eventsFault(given: unknown): string | undefined {
  if (given === undefined) return undefined;
  if (!Array.isArray(given)) return "it gives neither undefined nor a list of events";
  const events: readonly unknown[] = given;
  for (const event of events) {
    const named = v.safeParse(kindOf, event);
    const schema = named.success ? EVENTS.get(named.output.kind) : undefined;
    if (schema === undefined) return `${JSON.stringify(event)} is no event that a handler may tell`;
    const parsed = v.safeParse(schema, event);
    if (!parsed.success) return `${JSON.stringify(event)}: ${faultOf(parsed.issues[0])}`;
  }
  return undefined;
}

const faultOf = (issue: v.BaseIssue<unknown>): string => `${v.getDotPath(issue) ?? "it"}: ${issue.message}`;
