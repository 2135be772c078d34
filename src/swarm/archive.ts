/** Puts agents that ended long ago into the archive, and brings them back. */
import { isOld, quietSince } from "../core/ended.ts";
import { timeOf } from "../core/entry.ts";
import { exists } from "../disk.ts";
import { keptByAnother, notToArchive, type SkepError, stillRuns, swarmClosed } from "../errors.ts";
import { agentMark, processesWithMark } from "../process/mark.ts";
import { archiveFolder, restoreFolder } from "../store/archive.ts";
import { isKeptInArchive } from "../store/archived.ts";
import type { Snapshot } from "../types.ts";
import type { ArchiveControl } from "./api.ts";
import { change, isForeign } from "./change.ts";
import { type Hive, tellWatchers } from "./hive.ts";
import { isSettled } from "./index-row.ts";
import { keep } from "./keep.ts";
import { freshSnapshot, type Kept, oneByOne } from "./kept.ts";
import { hasEnded, hasMore } from "./observe.ts";
import { look, letGo } from "./supervise.ts";

export function agentArchive(hive: Hive): ArchiveControl {
  const inTurn = oneByOne(); // of thousands that are asked for at once one is in memory, and packed
  const check = (): void => {
    if (hive.closed) throw swarmClosed(); // the root may be another's by now
  };
  return {
    archive: async (id) =>
      inTurn(async () => {
        check();
        if (!isKeptInArchive(hive.store, id)) await change(hive, id, (kept) => archiveKept(hive, kept, check));
      }),
    unarchive: async (id) =>
      inTurn(async () => {
        check();
        const isNew = isKeptInArchive(hive.store, id);
        await restoreFolder(hive.store, id, check);
        const agent = freshSnapshot(await keep(hive, id));
        if (isNew) tellWatchers(hive, { change: "set", agent });
        return agent;
      }),
  };
}

async function archiveKept(hive: Hive, kept: Kept, check: () => void): Promise<void> {
  const { id } = kept;
  kept.stale = true;
  look(hive, kept);
  const agent = freshSnapshot(kept);
  const refused = refusal(hive, kept, agent);
  if (refused !== undefined) throw refused;
  try {
    await archiveFolder(hive.store, id, `${JSON.stringify(agent)}\n`, check);
  } finally {
    if (!hive.closed && !exists(hive.store.paths(id).folder)) {
      letGo(hive, kept);
      tellWatchers(hive, { change: "removed", id });
    }
  }
}

/** Why an agent's files are not to be packed: something may still come of it, or came less than eight hours, or `age`, ago. */
export function refusal(hive: Hive, kept: Kept, agent: Snapshot, age = 0): SkepError | undefined {
  const { id, run, journal } = kept;
  if (isForeign(kept)) return keptByAnother(id, "archive");
  const over = run === undefined || hasEnded(journal, run);
  if (!over || agent.phase !== "ended" || kept.starting) return stillRuns(id, "it is not archived");
  if (!isSettled(journal, agent)) return notToArchive(id, "it has messages that wait");
  if (!isOld(agent, hive.now(), age))
    return notToArchive(id, `it ended, or wrote, less than 8 hours ago, at ${timeOf(quietSince(agent))}`);
  const left = processesWithMark(agentMark(hive.rootInode(), id)).length > 0;
  if (left) return notToArchive(id, "something that it started still runs");
  return run !== undefined && hasMore(journal, run) ? notToArchive(id, "its run has written after its end") : undefined;
}
