/** One agent's row of the index: who folded it, its files as they were, its snapshot, and where to go on. */
import { type Checkpoint, restore } from "../core/checkpoint.ts";
import { endedAt } from "../core/ended.ts";
import type { Meta } from "../core/meta.ts";
import { exists, stat, type Stats } from "../disk.ts";
import { runPaths } from "../process/run-files.ts";
import { isSplit, segmentsOf } from "../store/segments.ts";
import type { IndexRow } from "../store/index-file.ts";
import type { AgentPaths } from "../store/store.ts";
import { readInbox } from "../store/inbox-log.ts";
import type { Snapshot } from "../types.ts";
import type { Journal } from "./journal.ts";

/** What decides whether a row is believed and its agent is shown: its head in the index. */
export interface Row {
  readonly runner: string;
  readonly by: string;
  readonly run: number; // the newest, 0: there was none
  readonly inbox: string; // of an agent of another supervisor: that nobody listens there is looked up each time
  readonly session: string; // host session, "" for none
  readonly ended: number; // ms
  readonly seal: Seal; // empty while it had not ended
}
/** Sizes and times of an agent's files once it had ended. */
export type Seal = readonly number[];

export interface RowSource {
  readonly meta: Meta;
  readonly journal: Journal;
  readonly run: number;
  readonly seal: Seal;
}
export function formatRow(
  { meta, journal, run, seal }: RowSource,
  snapshot: Snapshot,
  checkpoint?: Checkpoint,
): IndexRow {
  const inbox = journal.state.foreign > 0 ? meta.inboxPath : "";
  const { by } = journal.translate;
  const fold = checkpoint === undefined ? "" : JSON.stringify(checkpoint);
  return {
    head: {
      runner: meta.runner,
      by,
      run,
      inbox,
      session: meta.sessionId ?? "",
      ended: endedAt(snapshot),
      seal,
    } satisfies Row,
    body: Buffer.from(`${JSON.stringify(snapshot)}\n${fold}`),
  };
}

/** Whether nothing will come of an agent by itself: it has ended, and no message waits, not even one its log lacks. */
export function isSettled({ paths, state }: Journal, { phase, queued }: Snapshot): boolean {
  if (phase !== "ended" || queued !== undefined) return false;
  if (!exists(paths.inbox)) return true;
  const told = new Set(state.messages.map(({ id }) => id));
  return readInbox(paths.inbox).every(({ id }) => told.has(id));
}

/** Of the files that are opened anyway, what was told of them before they were read. */
export interface SeenFiles {
  readonly folder: Stats | undefined;
  readonly meta: Stats | undefined;
  readonly log: Stats | undefined;
  readonly split: boolean;
  readonly run: Seal; // of the newest run
}

/**
 * Sizes and times of what an ended agent's snapshot is made of; its folder's tells what came into it, the first segment of its
 * log too. `run`: its newest.
 */
export function sealOf({ log }: AgentPaths, seen: SeenFiles): Seal {
  const segments = seen.split ? sealOfSegments(log) : [];
  return [...timesOf(seen.log), ...timesOf(seen.meta), ...timesOf(seen.folder), ...seen.run, ...segments];
}
const sealOfSegments = (log: string): Seal => segmentsOf(log).flatMap(({ inode, size, time }) => [inode, size, time]);

/** Its part that tells of the newest run. */
export function sealOfRun({ folder, inbox }: AgentPaths, run: number): Seal {
  if (run === 0) return [];
  const { intent, out, err, mirror } = runPaths(folder, run);
  return [...timesOf(stat(`${folder}/runs`)), ...timesOf(stat(intent)), ...[out, err, mirror, inbox].map(sizeOf)];
}
const OF_FILES = 9; // numbers of a seal
const OF_RUN = 10;

/** All of them, as they are now. */
export const see = (paths: AgentPaths, run: number): SeenFiles => ({
  log: stat(paths.log),
  meta: stat(paths.meta),
  folder: stat(paths.folder),
  split: isSplit(paths.log),
  run: sealOfRun(paths, run),
});

/** Most agents are another supervisor's, with three files that count: nothing is made of those but looks at them. */
export function isSealed(paths: AgentPaths, { seal, run }: Row): boolean {
  const same = isAt(seal, 0, stat(paths.log)) && isAt(seal, 3, stat(paths.meta)) && isAt(seal, 6, stat(paths.folder));
  if (!same || seal.length === OF_FILES) return same;
  const split = seal.length > OF_FILES + (run === 0 ? 0 : OF_RUN);
  const more = [...sealOfRun(paths, run), ...(split ? sealOfSegments(paths.log) : [])];
  return more.length === seal.length - OF_FILES && more.every((number, at) => number === seal[OF_FILES + at]);
}

const isAt = (seal: Seal, at: number, found: Stats | undefined): boolean =>
  found === undefined
    ? seal[at] === -1
    : seal[at] === found.ino && seal[at + 1] === found.size && seal[at + 2] === found.mtimeMs;

const timesOf = (found: Stats | undefined): Seal =>
  found === undefined ? GONE : [found.ino, found.size, found.mtimeMs];
const GONE: Seal = [-1, -1, -1];
const sizeOf = (path: string): number => stat(path)?.size ?? 0;

/** The halves of a row's body. */
export function splitBody(body: Buffer): { readonly snapshot: string; readonly checkpoint: string } {
  const end = body.indexOf(10);
  return { snapshot: body.toString("utf8", 0, end), checkpoint: body.toString("utf8", end + 1) };
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see below
export const parseHead = (head: unknown): Row | undefined => head as Row | undefined;

// A row is behind its hash: nobody but this module, in this format, wrote what is parsed here.
export const parseSnapshot = (text: string): Snapshot =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  JSON.parse(text) as Snapshot;

export const parseCheckpoint = (text: string): Checkpoint | undefined =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  text === "" ? undefined : restore(JSON.parse(text) as Checkpoint);
