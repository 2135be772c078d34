import type { Snapshot } from "../types.ts";

/** Nothing that ended less than this long ago (ms) is archived, whoever asks. */
export const MIN_AGE_MS: number = 8 * 3_600_000;

/** When an agent ended, as far as anybody knows; ms. */
export const endedAt = ({ ended, updated, started }: Pick<Snapshot, "ended" | "updated" | "started">): number =>
  Date.parse(ended ?? updated ?? started);

/** Since when nothing has come of an ended agent: what it left running may have written after its end. ms. */
export const quietSince = (agent: Pick<Snapshot, "ended" | "updated" | "started">): number =>
  Math.max(endedAt(agent), Date.parse(agent.updated ?? agent.started));

/** Whether it is an agent that can be archived, by what is shown of it. */
export const isOld = (agent: Snapshot, now: number, age = 0): boolean =>
  agent.phase === "ended" && agent.queued === undefined && now - quietSince(agent) > Math.max(age, MIN_AGE_MS);
