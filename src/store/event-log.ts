/**
 * events.jsonl: append-only, one JSON object a line.
 *
 * Reading is tolerant and changes nothing. The writer never truncates: it ends a torn last line with a newline before its
 * first append, and goes on from the last whole stamped line.
 */
import { append, close, openAppend, openRead, readAt, sizeOf, sync } from "../disk.ts";
import { type ParsedLine, parseLine, type Stamp } from "../core/entry.ts";
import { type LinePosition, readLines } from "./lines.ts";

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
  const fd = openRead(path);
  if (fd === undefined) return;
  try {
    readLines(fd, position, { limit: MAX_LOG_LINE }, ({ text }) => visit(text, visitor));
    if (!ended) return;
    const size = sizeOf(fd);
    const rest = size - position.at;
    if (rest <= 0 || rest > MAX_LOG_LINE) return;
    const text = readAt(fd, position.at, rest).toString("utf8");
    const line = parseLine(text);
    if (line === undefined) return;
    visitor.entry(line, text);
    position.at = size;
    position.scanned = size;
  } finally {
    close(fd);
  }
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
  const fd = openRead(path);
  if (fd === undefined) return undefined;
  try {
    return lastStampOf(fd, sizeOf(fd));
  } finally {
    close(fd);
  }
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
  /** Writes whole lines in one go; the log's size behind them. Throws when the disk took less. */
  append(lines: string): number;
  /** Makes what was appended survive a power loss. */
  sync(): void;
  close(): void;
}

export function openLog(path: string): LogWriter {
  const fd = openAppend(path);
  // A torn line is ended, not cut: nothing is ever taken from a log.
  let torn = endsTorn(fd);
  return {
    append(lines) {
      const bytes = Buffer.from(torn ? `\n${lines}` : lines);
      torn = true;
      append(fd, bytes);
      torn = false;
      return sizeOf(fd);
    },
    sync: () => sync(fd),
    close: () => close(fd),
  };
}

function endsTorn(fd: number): boolean {
  const size = sizeOf(fd);
  return size > 0 && readAt(fd, size - 1, 1)[0] !== 10;
}
