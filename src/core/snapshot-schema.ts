/** Snapshots as they come from another process: checked key by key. What a newer skep added is kept. */
import * as v from "valibot";
import type { Detail, RunExit, Snapshot } from "../types.ts";

const text = v.string();
const count = v.number();

const usage = v.object({
  input_tokens: v.exactOptional(count),
  output_tokens: v.exactOptional(count),
  cache_read_tokens: v.exactOptional(count),
  cache_write_tokens: v.exactOptional(count),
  cost_usd: v.exactOptional(count),
});
const entries = {
  id: text,
  handle: text,
  task: text,
  dir: text,
  started: text,
  runner: text,
  status: v.picklist(["pending", "running", "done", "failed", "killed", "detached"]),
  phase: v.picklist(["working", "waiting", "idle", "ended"]),
  activity: text,
  tail: v.array(text),
  run: count,
  turns: count,
  model: v.exactOptional(text),
  provider: v.exactOptional(text),
  session_id: v.exactOptional(text),
  agent_session: v.exactOptional(text),
  labels: v.exactOptional(v.record(text, text)),
  parent: v.exactOptional(text),
  args: v.exactOptional(v.array(text)),
  pid: v.exactOptional(count),
  exit_code: v.exactOptional(count),
  signal: v.exactOptional(text),
  ended: v.exactOptional(text),
  updated: v.exactOptional(text),
  last_assistant: v.exactOptional(text),
  last_error: v.exactOptional(text),
  waiting: v.exactOptional(v.array(v.object({ request: text, what: text, since: text }))),
  limit: v.exactOptional(v.object({ message: text, until: v.exactOptional(text) })),
  usage: v.exactOptional(usage),
  queued: v.exactOptional(count),
  unknown_events: v.exactOptional(count),
  skipped_lines: v.exactOptional(count),
  notes: v.exactOptional(v.record(text, v.unknown())),
};
const exit: v.GenericSchema<unknown, RunExit> = v.object({
  reason: text,
  code: v.exactOptional(count),
  signal: v.exactOptional(text),
  error: v.exactOptional(text),
});

export const snapshotSchema: v.GenericSchema<unknown, Snapshot> = v.looseObject(entries);
export const detailSchema: v.GenericSchema<unknown, Detail> = v.looseObject({
  ...entries,
  runs: v.array(
    v.object({
      run: count,
      started: text,
      ended: v.exactOptional(text),
      exit: v.exactOptional(exit),
      argv: v.array(text),
    }),
  ),
  messages: v.array(
    v.object({
      id: text,
      time: text,
      text,
      state: v.picklist(["queued", "sent", "delivered", "done", "undeliverable"]),
    }),
  ),
});
