import type { Snapshot } from "../types.ts";

const RECENT_MS = 24 * 3_600_000;

/** Alive, or ended within a day. */
export const isRecent = (agent: Snapshot, now: number): boolean =>
  agent.phase !== "ended" || now - Date.parse(agent.ended ?? agent.updated ?? agent.started) < RECENT_MS;
