/** One agent's row of the index: who folded it, its files as they were, its snapshot, and where to go on. */
import { type Checkpoint, restore } from "../core/checkpoint.ts";
import { endedAt } from "../core/ended.ts";
import type { Meta } from "../core/meta.ts";
import { exists, stat, type Stats } from "../disk.ts";
import { runPaths } from "../process/run-files.ts";
import { isSplit, segmentsOf } from "../store/segments.ts";
import type { AgentPaths } from "../store/store.ts";
import { readInbox } from "../store/inbox-log.ts";
import type { Snapshot } from "../types.ts";
import type { Journal } from "./journal.ts";

export interface Row {
  readonly runner: string;
  readonly by: string;
  readonly run: number; // the newest, 0: there was none
  readonly inbox: string; // of an agent of another supervisor: that nobody listens there is looked up each time
  readonly session: string; // host session, "" for none
  readonly ended: number; // ms
  readonly seal: string; // sizes and times of its files once it had ended; empty while it had not
  readonly snapshot: string;
  readonly checkpoint: string;
}

export interface RowSource {
  readonly meta: Meta;
  readonly journal: Journal;
  readonly run: number;
  readonly seal: string;
}
export function formatRow(
  { meta, journal, run, seal }: RowSource,
  snapshot: Snapshot,
  checkpoint?: Checkpoint,
): string {
  const inbox = journal.state.foreign > 0 ? meta.inboxPath : "";
  const ended = endedAt(snapshot);
  const words = [meta.runner, journal.translate.by, String(run), inbox, meta.sessionId ?? "", String(ended)];
  const parts = [...words, seal].map((word) => (PLAIN.test(word) ? word : JSON.stringify(word).slice(1, -1))); // a tab may be in a path
  const fold = checkpoint === undefined ? "" : JSON.stringify(checkpoint);
  return [...parts, JSON.stringify(snapshot), fold].join("\t");
}

const PLAIN = /^[\w/.:@#+ -]*$/; // most are

/** Whether nothing will come of an agent by itself: it has ended, and no message waits, not even one its log lacks. */
export function isSettled({ paths, state }: Journal, { phase, queued }: Snapshot): boolean {
  if (phase !== "ended" || queued !== undefined) return false;
  const told = new Set(state.messages.map(({ id }) => id));
  return !exists(paths.inbox) || readInbox(paths.inbox).every(({ id }) => told.has(id));
}

export function splitRow(text: string): Row | undefined {
  const words: string[] = [];
  let at = 0;
  for (let tab = text.indexOf("\t"); tab !== -1; tab = text.indexOf("\t", at)) {
    words.push(text.slice(at, tab));
    at = tab + 1;
  }
  const [runner, by, run, inbox, session, ended, seal, snapshot] = words;
  if (runner === undefined || by === undefined || inbox === undefined || session === undefined) return undefined;
  if (seal === undefined || snapshot === undefined) return undefined;
  return {
    runner: plain(runner),
    by: plain(by),
    run: Number(run),
    inbox: plain(inbox),
    session: plain(session),
    ended: Number(ended),
    seal,
    snapshot,
    checkpoint: text.slice(at),
  };
}

const plain = (word: string): string => (word.includes("\\") ? String(JSON.parse(`"${word}"`)) : word);

/** Of the files that are opened anyway, what was told of them before they were read. */
export interface SeenFiles {
  readonly folder: Stats | undefined;
  readonly meta: Stats | undefined;
  readonly log: Stats | undefined;
  readonly split: boolean;
  readonly runs: string; // see `sealOfRun`
}

/**
 * Sizes and times of what an ended agent's snapshot is made of; its folder's tells what came into it, the first segment of its
 * log too. `run`: its newest.
 */
export function sealOf(paths: AgentPaths, run: number, seen: SeenFiles = see(paths, run)): string {
  const segments = seen.split
    ? segmentsOf(paths.log).map(({ inode, size, time }) => `${SEGMENT}${inode}:${size}:${time}`)
    : [];
  return [[seen.log, seen.meta, seen.folder].map(timeOf).join(" "), ...segments].join(" ") + seen.runs;
}

/** Its part that tells of the newest run. */
export function sealOfRun({ folder, inbox }: AgentPaths, run: number): string {
  if (run === 0) return "";
  const { intent, out, err, mirror } = runPaths(folder, run);
  const times = [`${folder}/runs`, intent].map((path) => timeOf(stat(path)));
  return ` ${[...times, ...[out, err, mirror, inbox].map(sizeOf)].join(" ")}`;
}

const see = (paths: AgentPaths, run: number, split: boolean = isSplit(paths.log)): SeenFiles => ({
  log: stat(paths.log),
  meta: stat(paths.meta),
  folder: stat(paths.folder),
  split,
  runs: sealOfRun(paths, run),
});

export const isSealed = (paths: AgentPaths, { seal, run }: Row): boolean =>
  seal === sealOf(paths, run, see(paths, run, seal.includes(SEGMENT)));

const SEGMENT = "+";

const timeOf = (found: Stats | undefined): string =>
  found === undefined ? "-" : `${found.ino}:${found.size}:${found.mtimeMs}`;
const sizeOf = (path: string): number => stat(path)?.size ?? 0;

// The block of a row is behind its hash: nobody but this module, in this format, wrote what is parsed here.
export const parseSnapshot = (text: string): Snapshot =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  JSON.parse(text) as Snapshot;

export const parseCheckpoint = (text: string): Checkpoint | undefined =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  text === "" ? undefined : restore(JSON.parse(text) as Checkpoint);
