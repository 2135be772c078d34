/** What a renderer may be given: every key with a value, every key without one, and texts of others in all of them. */
import type { Detail, Snapshot, SwarmView } from "../types.ts";
import { SAMPLE_AGENT } from "./sample-run.ts";

/** An agent of which all is known, and every text is this one. */
const agentOf = (text: string): Detail => ({
  id: text,
  handle: text,
  task: text,
  dir: text,
  started: "2026-03-02T09:15:04.000Z",
  runner: text,
  status: "failed",
  phase: "ended",
  activity: text,
  tail: [text, text],
  run: 2,
  turns: 3,
  model: text,
  provider: text,
  session_id: text,
  agent_session: text,
  labels: { [text]: text },
  parent: text,
  args: [text, text],
  pid: 4_194_304,
  exit_code: 137,
  signal: "SIGKILL",
  ended: "2026-03-02T09:20:04.000Z",
  updated: "2026-03-02T09:20:04.000Z",
  last_assistant: text,
  last_error: text,
  waiting: [{ request: text, what: text, since: "2026-03-02T09:16:04.000Z" }],
  limit: { message: text, until: "2026-03-02T10:00:00.000Z" },
  usage: {
    input_tokens: 1_234_567,
    output_tokens: 1,
    cache_read_tokens: 0,
    cache_write_tokens: 12,
    cost_usd: 0.123456,
  },
  queued: 2,
  unknown_events: 1,
  skipped_lines: 1,
  notes: { [text]: text, deep: [{ [text]: text }] },
  runs: [
    {
      run: 1,
      started: "2026-03-02T09:15:04.000Z",
      ended: "2026-03-02T09:20:04.000Z",
      exit: { reason: "exit", code: 1, error: text },
      argv: [text, text],
    },
    { run: 2, started: "2026-03-02T09:20:04.000Z", argv: [] },
  ],
  messages: [{ id: text, time: "2026-03-02T09:16:04.000Z", text, state: "queued" }],
});

const STATUSES: readonly Snapshot["status"][] = ["pending", "running", "done", "failed", "killed", "detached"];
const PHASES: readonly Snapshot["phase"][] = ["working", "waiting", "idle", "ended"];
/** One of each kind, of which little is known. */
const ORDINARY: readonly Snapshot[] = STATUSES.flatMap((status) =>
  PHASES.map((phase) => ({ ...SAMPLE_AGENT, id: `${status}-${phase}`, handle: phase, status, phase })),
);

export const EMPTY_VIEW: SwarmView = { root: "/state", agents: [], hidden: 0, problems: [] };
export const ORDINARY_VIEW: SwarmView = { ...EMPTY_VIEW, agents: ORDINARY };
export const viewOfText = (text: string): SwarmView => ({
  root: text,
  agents: [agentOf(text), SAMPLE_AGENT],
  hidden: 3,
  problems: [{ path: text, code: "corrupt", message: text }],
});
