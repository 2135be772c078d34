/**
 * The files of a log that was split: `events.jsonl`, to which is appended, and before it the segments `events/<000001>.jsonl`.
 * They read as one, and an offset counts from the beginning of the first. A segment is never written to again.
 *
 * A split gives events.jsonl its second name, then puts another file in its place. So events.jsonl is always there, and a
 * segment that is the same file as events.jsonl does not count: either a split was cut off, or it happened behind a reader
 * that had opened the file before.
 */
import { basename, dirname, join } from "node:path";
import {
  append,
  close,
  exists,
  inodeOf,
  link,
  list,
  move,
  needFolder,
  openAppend,
  openRead,
  readAt,
  remove,
  sizeOf,
  stat,
  sync,
  syncFolder,
} from "../disk.ts";
import { corruptFile } from "../errors.ts";

export interface Segment {
  readonly path: string;
  readonly number: number;
  readonly inode: number;
  readonly size: number;
  readonly time: number; // of its last change, ms
}

const segmentFolder = (log: string): string => `${dirname(log)}/events`;

export const isSplit = (log: string): boolean => exists(segmentFolder(log));

/** All that are there, in order. One that somebody deleted leaves a gap. */
export function segmentsOf(log: string): readonly Segment[] {
  const folder = segmentFolder(log);
  if (!exists(folder)) return [];
  return (list(folder) ?? [])
    .flatMap((name): Segment[] => {
      const [, number] = /^(\d{6,12})\.jsonl$/.exec(name) ?? [];
      const path = join(folder, name);
      const found = number === undefined ? undefined : stat(path);
      if (found === undefined) return [];
      return [{ path, number: Number(number), inode: found.ino, size: found.size, time: found.mtimeMs }];
    })
    .toSorted((a, b) => a.number - b.number);
}

/** Those before the file that is open as events.jsonl: it was opened before they are looked up. */
function segmentsBefore(log: string, newest: number | undefined): readonly Segment[] {
  const all = segmentsOf(log);
  if (all.length === 0 || newest === undefined) return all;
  const inode = inodeOf(newest);
  const own = all.findIndex((segment) => segment.inode === inode);
  return own === -1 ? all : all.slice(0, own);
}

/** A file of a log, open: the offset at which it begins, and its size. */
export interface OpenSegment {
  readonly fd: number;
  readonly from: number;
  readonly size: number;
  readonly isNewest: boolean;
}

/** Opens, one by one and in order, the files that hold bytes from `at` on, and the newest in any case. */
export function eachSegment(log: string, at: number, visit: (segment: OpenSegment) => void): void {
  const newest = openRead(log);
  try {
    let from = 0;
    for (const { path, size } of segmentsBefore(log, newest)) {
      const fd = at < from + size ? openRead(path) : undefined;
      try {
        if (fd !== undefined) visit({ fd, from, size, isNewest: false });
      } finally {
        if (fd !== undefined) close(fd);
      }
      from += size;
    }
    if (newest !== undefined) visit({ fd: newest, from, size: sizeOf(newest), isNewest: true });
  } finally {
    if (newest !== undefined) close(newest);
  }
}

/** Bytes of a log from an offset on; fewer where it ends. */
export function readLogAt(log: string, at: number, length: number): Buffer {
  const parts: Buffer[] = [];
  let done = 0;
  eachSegment(log, at, ({ fd, from, size }) => {
    const start = at + done - from;
    if (done === length || start < 0 || start >= size) return;
    const bytes = readAt(fd, start, Math.min(length - done, size - start));
    done += bytes.length;
    parts.push(bytes);
  });
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
}

/** Bytes of a log; 0 when there is none. */
export const sizeOfLog = (log: string): number => {
  const newest = stat(log);
  const before = segmentsOf(log).filter(({ inode }) => inode !== newest?.ino);
  return before.reduce((sum, { size }) => sum + size, newest?.size ?? 0);
};

/** Undoes a split that was cut off. Returns the offset at which the file that is open as events.jsonl begins. */
export function settleSplit(log: string, newest: number): number {
  const inode = inodeOf(newest);
  let from = 0;
  for (const segment of segmentsOf(log)) {
    if (segment.inode !== inode) from += segment.size;
    else {
      const isHalfMade = new RegExp(`^${basename(log)}\\.\\d+\\.tmp$`);
      for (const name of list(dirname(log)) ?? []) if (isHalfMade.test(name)) remove(join(dirname(log), name));
      remove(segment.path);
    }
  }
  return from;
}

/**
 * Makes the file that is open as events.jsonl a segment, and puts a new one with these bytes in its place; returns the new
 * one, open for appending. When it throws, either nothing has changed but a name that does not count, or the new file is there.
 */
export function split(log: string, newest: number, bytes: Uint8Array): number {
  sync(newest); // from now on only the new file is flushed
  const folder = segmentFolder(log);
  needFolder(folder);
  const number = 1 + (segmentsOf(log).at(-1)?.number ?? 0);
  const segment = join(folder, `${String(number).padStart(6, "0")}.jsonl`);
  const temp = `${log}.${process.pid}.tmp`;
  if (!link(log, segment)) throw corruptFile(segment, "it is there already");
  let fresh: number | undefined;
  try {
    syncFolder(folder);
    remove(temp);
    fresh = openAppend(temp);
    append(fresh, bytes);
    move(temp, log);
    return fresh;
  } catch (error) {
    if (fresh !== undefined) close(fresh);
    remove(temp);
    if (stat(log)?.ino === inodeOf(newest)) remove(segment);
    throw error;
  }
}
