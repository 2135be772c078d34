import type { Snapshot, Usage } from "../types.ts";
import { isTime, timeOf } from "./entry.ts";
import { handleOf } from "./id.ts";
import type { Meta } from "./meta.ts";
import type { AgentState } from "./state.ts";
import { type ProcessFacts, type Reach, standing } from "./status.ts";
import { tailOf } from "./transcript.ts";

export const TAIL: number = 6; // lines of the transcript

/** The record of one agent that `--json`, renderers and hooks get. A key whose value is unknown is absent. */
export function makeSnapshot(meta: Meta, state: AgentState, facts: ProcessFacts, reach: Reach): Snapshot {
  const { status, phase, activity } = standing(state, facts, reach);
  const last = state.runs.at(-1);
  const exit = facts.kind === "dead" || facts.kind === "none" ? state.exit : undefined;
  const skep = meta.skep ?? {};
  const queued = state.messages.filter((message) => message.state === "queued" || message.state === "sent").length;
  const usage = totals(state);
  return compact<Snapshot>({
    id: meta.id,
    handle: handleOf(meta.id),
    task: meta.task,
    dir: meta.dir,
    started: isTime(meta.started) ? meta.started : timeOf(0),
    runner: meta.runner,
    status,
    phase,
    activity,
    tail: tailOf(state.transcript, TAIL),
    run: state.run,
    turns: state.turns,
    model: meta.model,
    provider: meta.provider,
    session_id: meta.sessionId,
    agent_session: state.session,
    labels: skep.labels,
    parent: skep.parent,
    args: skep.args,
    pid: facts.pid,
    exit_code: exit?.code,
    signal: exit?.signal,
    ended: exit === undefined || last?.ended === undefined || last.ended === 0 ? undefined : timeOf(last.ended),
    updated: state.updated === 0 ? undefined : timeOf(state.updated),
    last_assistant: state.answer,
    last_error: state.error,
    waiting: state.waiting.length === 0 || phase === "ended" ? undefined : state.waiting,
    limit: state.limit,
    usage,
    queued: queued === 0 ? undefined : queued,
    unknown_events: state.unknown === 0 ? undefined : state.unknown,
    skipped_lines: state.skipped === 0 ? undefined : state.skipped,
    notes: mergeNotes(skep.notes, state.notes),
  });
}

type Loose<T> = { readonly [K in keyof T]: T[K] | undefined };
/** Drops the keys without a value: in JSON a key is absent, not null. */
function compact<T extends object>(value: Loose<T>): T {
  const kept: Partial<Loose<T>> = {};
  for (const key in value) if (value[key] !== undefined) kept[key] = value[key];
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the argument's type has every key that T requires
  return kept as T;
}

function totals(state: AgentState): Partial<Usage> | undefined {
  const { usage } = state;
  if (Object.keys(usage).length === 0) return undefined;
  const total = (key: keyof Usage): number | undefined => {
    const sum = usage[key];
    // Dollars are sums of fractions: what is beyond a nano-dollar is noise of the addition.
    return sum === undefined ? undefined : Math.round((sum.past + sum.run + sum.session) * 1e9) / 1e9;
  };
  const told = compact<Partial<Usage>>({
    input_tokens: total("input_tokens"),
    output_tokens: total("output_tokens"),
    cache_read_tokens: total("cache_read_tokens"),
    cache_write_tokens: total("cache_write_tokens"),
    cost_usd: total("cost_usd"),
  });
  return Object.keys(told).length === 0 ? undefined : told;
}

function mergeNotes(given: Snapshot["notes"], told: AgentState["notes"]): Snapshot["notes"] {
  const notes = { ...given, ...told };
  return Object.keys(notes).length === 0 ? undefined : notes;
}
