/** Writes the index's rows of what is kept here: as agents end, and as the logs of live ones grow. */
import { listRuns } from "../process/run-files.ts";
import { appendIndexRows, type IndexRow } from "../store/index-file.ts";
import { reasonOf } from "../errors.ts";
import { type Hive, tellFault } from "./hive.ts";
import { formatRow, isSettled, sealOf, see } from "./index-row.ts";
import { checkpointOf, SHORT_LOG } from "./journal.ts";
import { freshSnapshot, type Kept } from "./kept.ts";
import { hasEnded, hasMore } from "./observe.ts";
import { indexPath, openIndex } from "./swarm-index.ts";

export interface Indexer {
  /** Appends the rows that have become worth it; with `all` of everything that has changed since its last one. */
  readonly write: (all?: boolean) => void;
  /** The agent's files have changed though its log has not: its row says nothing any more. */
  readonly forget: (kept: Kept) => void;
}

const GROWN = 4 * 1024 * 1024; // bytes of a live agent's log, which a reader would fold anew
const ROOM = 16 * 1024 * 1024; // bytes of the file that may be rows that count no more

export function makeIndexer(hive: Hive): Indexer {
  let limit = ROOM;
  const written = new WeakMap<Kept, { readonly seq: number; readonly at: number }>();
  const wants = (kept: Kept, all: boolean): boolean => {
    const { seq, position } = kept.journal;
    const last = written.get(kept);
    if (last?.seq === seq) return false;
    return all || isOver(kept) || position.at - (last?.at ?? 0) > GROWN;
  };
  return {
    write(all = false) {
      if (hive.repoRoot !== undefined) return; // another's `dir` is in the snapshots
      const due = [...hive.kept.values()].filter((kept) => wants(kept, all));
      if (due.length === 0) return;
      try {
        const size = appendIndexRows(indexPath(hive.store), new Map(due.map((kept) => [kept.id, rowOf(kept)])));
        for (const kept of due) written.set(kept, { seq: kept.journal.seq, at: kept.journal.position.at });
        if (size > limit) limit = ROOM + 2 * openIndex(hive).replace(new Map());
      } catch (error) {
        tellFault(hive, "index", `the index is not written: ${reasonOf(error)}`);
      }
    },
    forget: (kept) => void written.delete(kept),
  };
}

const isOver = ({ run, facts, journal, linger }: Kept): boolean =>
  run === undefined || (hasEnded(journal, run) && !linger && (facts?.kind === "exited" || facts?.kind === "void"));

function rowOf(kept: Kept): IndexRow {
  const { journal, run, meta } = kept;
  const newest = listRuns(journal.paths.folder).at(-1) ?? 0;
  const seal = sealOf(journal.paths, see(journal.paths, newest));
  const snapshot = freshSnapshot(kept);
  const settled =
    isOver(kept) &&
    newest === (run?.run ?? 0) &&
    run?.intent.damaged === undefined &&
    (run === undefined || !hasMore(journal, run)) && // looked up after the seal: what comes from now on breaks it
    isSettled(journal, snapshot);
  const checkpoint = journal.position.at < SHORT_LOG ? undefined : checkpointOf(journal);
  return formatRow({ meta, journal, run: newest, seal: settled ? seal : [] }, snapshot, checkpoint);
}
