/**
 * What ended runs wrote is packed or dropped, where the settings say so: of agents at rest for hours, and only files of
 * which the log has every line, so that nothing that is folded is lost. See docs/formats.md.
 */
import { join } from "node:path";
import { type Cursor, type Stream, START } from "../core/entry.ts";
import { list, remove, stat } from "../disk.ts";
import { reasonOf, swarmClosed } from "../errors.ts";
import { isOwn, listRuns, type RunPaths, runPaths } from "../process/run-files.ts";
import { readLog } from "../store/event-log.ts";
import { isHalfPacked, pack, ZIPPED } from "../store/packed.ts";
import { refusal } from "./archive.ts";
import { change } from "./change.ts";
import { type Hive, tellFault } from "./hive.ts";
import type { Indexer } from "./indexer.ts";
import { freshSnapshot, type Kept } from "./kept.ts";
import { holdsMore, STREAMS } from "./observe.ts";
import { look } from "./supervise.ts";
import { openIndex } from "./swarm-index.ts";

const EVERY_MS = 3_600_000;

/** Looks at all agents when `ready`, and each hour from then on; the result ends it. */
export function startRetaining(hive: Hive, indexer: Indexer, ready: Promise<void>): () => void {
  if (hive.settings.runFiles === "keep") return () => undefined;
  const seen = new Map<string, number>();
  let last = ready;
  const pass = (): void => {
    last = last
      .then(() => retainAll(hive, indexer, seen))
      .catch((error: unknown) => tellFault(hive, "retain", `what runs wrote is left as it is: ${reasonOf(error)}`));
  };
  pass();
  const timer = setInterval(pass, EVERY_MS).unref();
  return () => clearInterval(timer);
}

/** One agent at a time, with pauses in between. `seen`: the newest run of those of which nothing is left that can go. */
async function retainAll(hive: Hive, indexer: Indexer, seen: Map<string, number>): Promise<void> {
  const index = openIndex(hive);
  const isYoung = (ended: number): boolean => hive.now() - ended < hive.settings.runFilesAge;
  for (const id of hive.store.ids()) {
    if (hive.closed) return;
    const about = `${id}: what its runs wrote is left as it is`;
    try {
      const { folder } = hive.store.paths(id);
      const newest = listRuns(folder).at(-1);
      if (newest === undefined || seen.get(id) === newest || !hasOutput(hive, folder)) continue;
      const known = await index.settled(id);
      if (known !== undefined && isYoung(known.ended)) continue;
      if (await change(hive, id, (kept) => retain(hive, kept, indexer))) seen.set(id, newest);
      hive.faults.delete(about);
    } catch (error) {
      if (!hive.closed) tellFault(hive, about, `${about}: ${reasonOf(error)}`);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const FILES = [...STREAMS, "in"] as const;

const sizeOf = (path: string): number => stat(path)?.size ?? 0;

/** Whether there is anything to pack or to drop: an empty file takes no room, and says that nothing was written. */
const hasOutput = ({ settings }: Hive, folder: string): boolean =>
  listRuns(folder).some((run) => {
    const paths = runPaths(folder, run);
    return FILES.some(
      (name) => sizeOf(paths[name]) > 0 || (settings.runFiles === "drop" && sizeOf(paths[name] + ZIPPED) > 0),
    );
  });

/** Whether it was done: not while the agent is not at rest, or somebody wants something of it. */
async function retain(hive: Hive, kept: Kept, indexer: Indexer): Promise<boolean> {
  kept.stale = true;
  look(hive, kept);
  const { runFiles, runFilesAge } = hive.settings;
  if (refusal(hive, kept, freshSnapshot(kept), runFilesAge) !== undefined) return false;
  const { folder } = kept.journal.paths;
  const isWhole = wholeIn(kept);
  const wanted = (): boolean => kept.pending > 1;
  const check = (): void => {
    if (hive.closed || wanted()) throw swarmClosed();
  };
  try {
    for (const run of listRuns(folder)) {
      const paths = runPaths(folder, run);
      if (!isOwn(paths)) continue;
      clearHalfPacked(paths);
      for (const name of FILES) {
        const path = paths[name];
        if (name !== "in" && !isWhole(run, name, path)) continue;
        check();
        if (runFiles === "drop") drop(path);
        else if (sizeOf(path) > 0) await pack(path, check);
      }
    }
  } catch (error) {
    if (wanted()) return false; // who asks for something does not wait: the next time is soon enough
    throw error;
  } finally {
    indexer.forget(kept);
  }
  return true;
}

/** By the log's own stamps: how far it has what each run wrote, and which files it points into for what was too long for it. */
function wholeIn({ journal }: Kept): (run: number, from: Stream, path: string) => boolean {
  const cursors = new Map<number, Cursor>();
  const pointedInto = new Set<string>();
  const visitor = {
    entry({ entry, stamp }: Parameters<Parameters<typeof readLog>[2]["entry"]>[0]) {
      if (stamp === undefined) return;
      cursors.set(stamp.run, stamp.cursor);
      const long = entry.type === "line_too_long" && entry.origin.by === "skep";
      if (long) pointedInto.add(`${stamp.run}/${String(entry.data["from"])}`);
    },
    skipped: () => undefined, // told elsewhere
  };
  readLog(journal.paths.log, { at: 0, scanned: 0 }, visitor);
  return (run, from, path) => !pointedInto.has(`${run}/${from}`) && !holdsMore(path, (cursors.get(run) ?? START)[from]);
}

function drop(path: string): void {
  if (sizeOf(path) > 0) remove(path);
  remove(path + ZIPPED);
}

function clearHalfPacked({ dir }: RunPaths): void {
  for (const name of list(dir) ?? []) if (isHalfPacked(name)) remove(join(dir, name));
}
