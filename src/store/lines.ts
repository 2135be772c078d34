import { readAt } from "../disk.ts";

/** One line of a file: where it begins, its bytes without the newline; no text when it is longer than the limit. */
export interface Line {
  readonly at: number;
  readonly bytes: number;
  readonly text: string | undefined;
  readonly eol: boolean;
}
/** Where a reader stands: the next line's beginning, and how far it has looked for that line's end. */
export interface LinePosition {
  at: number;
  scanned: number;
}
export interface LineOptions {
  readonly limit: number; // bytes of a line whose text is given
  readonly budget?: number; // bytes after which it stops, so that a flood cannot hold up everybody else
  readonly rest?: boolean; // give what stands behind the last newline too
}

const CHUNK = 256 * 1024;
const NEWLINE = 10;
// A new chunk for each of thousands of small files costs more than reading them. Whoever reads meanwhile makes his own.
let spare: Buffer | undefined = Buffer.allocUnsafe(CHUNK);

/**
 * Reads lines from an open file on from `position`, which it moves. Split on bytes: a chunk may cut a character in two.
 * A line without end is scanned once however often this is called, and its text is never held beyond the limit.
 * Returns whether the budget stopped it before the file's end.
 */
export function readLines(
  fd: number,
  position: LinePosition,
  options: LineOptions,
  visit: (line: Line) => void,
): boolean {
  const buffer = spare ?? Buffer.allocUnsafe(CHUNK);
  spare = undefined;
  try {
    return readInto(buffer, fd, position, options, visit);
  } finally {
    spare = buffer;
  }
}

function readInto(
  buffer: Buffer,
  fd: number,
  position: LinePosition,
  options: LineOptions,
  visit: (line: Line) => void,
): boolean {
  const { limit, budget = Number.POSITIVE_INFINITY, rest = false } = options;
  const stop = position.at + budget;
  for (;;) {
    const from = Math.max(position.at, position.scanned);
    const chunk = readAt(fd, from, CHUNK, buffer);
    if (chunk.length === 0) break;
    let start = position.at - from; // negative while the line began before this chunk
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const at = from + start;
      const bytes = end - start;
      visit({
        at,
        bytes,
        text: bytes > limit ? undefined : start < 0 ? textAt(fd, at, bytes) : chunk.toString("utf8", start, end),
        eol: true,
      });
      start = end + 1;
      position.at = from + start;
    }
    // A chunk that ends inside a line is read again from that line's beginning, unless the line fills it.
    position.scanned = start > 0 ? position.at : from + chunk.length;
    if (chunk.length < CHUNK) break;
    if (position.at >= stop) return true;
  }
  if (rest) {
    const end = Math.max(position.at, position.scanned);
    const bytes = end + readAt(fd, end, CHUNK, buffer).length - position.at;
    if (bytes > 0) {
      const { at } = position;
      visit({ at, bytes, text: bytes > limit ? undefined : textAt(fd, at, bytes), eol: false });
      position.at = at + bytes;
      position.scanned = position.at;
    }
  }
  return false;
}

const textAt = (fd: number, at: number, bytes: number): string => readAt(fd, at, bytes).toString("utf8");
