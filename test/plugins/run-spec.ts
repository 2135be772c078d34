import type { RunSpec, Snapshot } from "../../src/types.ts";

export const SNAPSHOT: Snapshot = {
  id: "fix-it-a1b2c3",
  handle: "a1b2c3",
  task: "Fix it",
  dir: "/repo",
  started: "2026-03-02T09:15:04.000Z",
  runner: "zot",
  status: "pending",
  phase: "working",
  activity: "",
  tail: [],
  run: 0,
  turns: 0,
};

/** The first run of an agent, with what a test says differently. */
export function runSpec(changes: Partial<RunSpec> = {}): RunSpec {
  return {
    agent: SNAPSHOT,
    run: 1,
    resuming: false,
    message: { id: "m-0", text: "Fix it" },
    args: [],
    env: {},
    options: {},
    paths: { inbox: "/run/in.sock", session: "/state/session.json", log: "/state/runs/000001/mirror", dir: "/repo" },
    skep: ["skep"],
    ...changes,
  };
}
