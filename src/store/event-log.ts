/**
 * events.jsonl: append-only, one JSON object a line, with the segments it was split into (segments.ts).
 *
 * Reading is tolerant and changes nothing. The writer never truncates: it ends a torn last line with a newline before its
 * first append, and goes on from the last whole stamped line.
 */
import { append, close, inodeOf, openAppend, openRead, readAt, sizeOf, stat, sync } from "../disk.ts";
import { type ParsedLine, parseLine, type Stamp } from "../core/entry.ts";
import { type LinePosition, readLines } from "./lines.ts";
import { eachSegment, segmentsOf, settleSplit, split } from "./segments.ts";

/** A line of a log is at most 1 MiB of a child's plus what skep puts around it; what is longer is damage. */
export const MAX_LOG_LINE: number = 4 * 1024 * 1024;

export interface LogVisitor {
  /** A line that says something; `text` is the line as it stands there, without its newline. */
  entry(line: ParsedLine, text: string): void;
  /** A line that is none: malformed, or torn with more behind it. */
  skipped(): void;
}

/**
 * Reads a log on from `position`, which it moves; nothing when there is no file. `ended`: the last line counts without a
 * newline too, if it parses. One that does not may be half-written: it is left for the next call.
 */
export function readLog(path: string, position: LinePosition, visitor: LogVisitor, ended = true): void {
  eachSegment(path, position.at, ({ fd, from, size, isNewest }) => {
    const local = { at: Math.max(0, position.at - from), scanned: Math.max(0, position.scanned - from) };
    readLines(fd, local, { limit: MAX_LOG_LINE }, ({ text }) => visit(text, visitor));
    if (ended || !isNewest) {
      const end = isNewest ? sizeOf(fd) : size;
      readRest(local, end, (rest) => readAt(fd, local.at, rest), visitor, isNewest);
    }
    position.at = from + local.at;
    position.scanned = from + local.scanned;
  });
}

/**
 * The same of the end of a log that is in memory already and has no segments: `bytes` begin at `position`, and are a tenth
 * as dear as lines that are read one by one.
 */
export function readLogEnd(bytes: Buffer, position: LinePosition, visitor: LogVisitor): void {
  const { at } = position;
  const behind = bytes.lastIndexOf(10) + 1;
  const lines = bytes.toString("utf8", 0, behind).split("\n");
  lines.pop(); // behind the last newline
  for (const line of lines) visit(line.length > MAX_LOG_LINE ? undefined : line, visitor);
  position.at = at + behind;
  position.scanned = position.at;
  readRest(position, at + bytes.length, () => bytes.subarray(behind), visitor, true);
}

/** What stands behind the last newline. In a segment that is all that ever will: damage, if it is no line. */
function readRest(
  position: LinePosition,
  size: number,
  read: (bytes: number) => Buffer,
  visitor: LogVisitor,
  mayGrow: boolean,
): void {
  const rest = size - position.at;
  const text = rest <= 0 || rest > MAX_LOG_LINE ? undefined : read(rest).toString("utf8");
  const line = text === undefined ? undefined : parseLine(text);
  if (line !== undefined && text !== undefined) visitor.entry(line, text);
  else if (mayGrow) return;
  else if (rest > 0 && text?.trim() !== "") visitor.skipped();
  position.at = size;
  position.scanned = size;
}

/** Whether a file has a line from here on, if only a torn one: what is blank is none. */
export function hasLineFrom(path: string, at: number): boolean {
  const fd = openRead(path);
  if (fd === undefined) return false;
  try {
    const rest = sizeOf(fd) - at;
    return rest > MAX_LOG_LINE || (rest > 0 && readAt(fd, at, rest).toString("utf8").trim() !== "");
  } finally {
    close(fd);
  }
}

function visit(text: string | undefined, visitor: LogVisitor): void {
  if (text?.trim() === "") return;
  const line = text === undefined ? undefined : parseLine(text);
  if (line === undefined || text === undefined) visitor.skipped();
  else visitor.entry(line, text);
}

/** The stamp of the last whole stamped line: where to go on. Reads from the end. */
export function lastStamp(path: string): Stamp | undefined {
  for (const file of [
    path,
    ...segmentsOf(path)
      .toReversed()
      .map((segment) => segment.path),
  ]) {
    const fd = openRead(file);
    if (fd === undefined) continue;
    try {
      const stamp = lastStampOf(fd, sizeOf(fd));
      if (stamp !== undefined) return stamp;
    } finally {
      close(fd);
    }
  }
  return undefined;
}

const TAIL_CHUNK = 64 * 1024;
function lastStampOf(fd: number, size: number): Stamp | undefined {
  let behind = size; // what stands from here on was looked at
  for (let length = TAIL_CHUNK; ; length *= 2) {
    const from = Math.max(0, size - length);
    const text = readAt(fd, from, behind - from);
    // The first line of the chunk may be cut; it is whole only at the file's beginning.
    const first = from === 0 ? 0 : text.indexOf(10) + 1;
    if (from === 0 || first > 0) {
      const lines = text.toString("utf8", first).split("\n");
      for (const line of lines.reverse()) {
        const stamp = line === "" ? undefined : parseLine(line)?.stamp;
        if (stamp !== undefined) return stamp;
      }
      behind = from + first;
    }
    if (from === 0) return undefined;
  }
}

/** Appends to one log. Either read or append, never both: state is folded by the one who appends. */
export interface LogWriter {
  /**
   * Writes whole lines in one go; the log's size behind them. Throws when the disk took less. Rather than let events.jsonl
   * grow beyond `limit` bytes it goes on in a new one.
   */
  append(lines: string, limit?: number): number;
  /** Makes what was appended survive a power loss. */
  sync(): void;
  close(): void;
  /** Bytes of the segments before events.jsonl. */
  readonly from: number;
}

// What is appended is encoded into the same memory each time: new memory for it costs as much as the writing.
let spare: Buffer | undefined;
const SPARE = 512 * 1024;

/** Good until the next call. */
function encode(text: string): Buffer {
  if (Buffer.byteLength(text) > SPARE) return Buffer.from(text);
  spare ??= Buffer.allocUnsafeSlow(SPARE);
  return spare.subarray(0, spare.write(text));
}

export function openLog(path: string): LogWriter {
  let fd = openAppend(path);
  let from = settleSplit(path, fd);
  // A torn line is ended, not cut: nothing is ever taken from a log.
  let torn = endsTorn(fd);
  let splits = true;
  const goOn = (bytes: Buffer): boolean => {
    const size = sizeOf(fd);
    try {
      const fresh = split(path, fd, bytes);
      close(fd);
      fd = fresh;
      from += size;
      return true;
    } catch (error) {
      if (stat(path)?.ino !== inodeOf(fd)) throw error;
      splits = false; // a file system without second names, a full disk: a long log is better than none
      return false;
    }
  };
  return {
    append(lines, limit = Number.POSITIVE_INFINITY) {
      const bytes = encode(torn ? `\n${lines}` : lines);
      const full = splits && !torn && limit < Number.POSITIVE_INFINITY && isFull(sizeOf(fd), bytes.length, limit);
      torn = true;
      if (!full || !goOn(bytes)) append(fd, bytes);
      torn = false;
      return from + sizeOf(fd);
    },
    sync: () => sync(fd),
    close: () => close(fd),
    get from() {
      return from;
    },
  };
}

const isFull = (size: number, more: number, limit: number): boolean => size > 0 && size + more > limit;

function endsTorn(fd: number): boolean {
  const size = sizeOf(fd);
  return size > 0 && readAt(fd, size - 1, 1)[0] !== 10;
}
