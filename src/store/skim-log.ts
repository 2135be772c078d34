/** Reads the beginning of a long log without parsing what later lines say better. */
import { readAt } from "../disk.ts";

export interface SkimVisitor {
  /** A line that counts, without its newline. */
  line(text: string): void;
  /** A line was passed over. */
  passed(): void;
}

const CHUNK = 1024 * 1024;
const NEWLINE = 10;
const BRACE = 125;
const OBJECT = Buffer.from('{"type":"');
const STAMP = Buffer.from('"skep":{');
const BLOCK = Buffer.from('{"type":"text"'); // of a message's content: no line of its own

/** How lines of these types begin, as every JSON writer of flat events writes them. */
export const openingsOf = (types: Iterable<string>): readonly Buffer[] =>
  [...types].map((type) => Buffer.from(`{"type":${JSON.stringify(type)}`));

/**
 * Reads whole lines from the file's beginning up to byte `until`, which is a line's beginning. Returns false when the log is
 * not to be skimmed: it has stamps of skep's, or lines beyond 1 MiB.
 */
export function skimLog(fd: number, until: number, openings: readonly Buffer[], visitor: SkimVisitor): boolean {
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK, until));
  for (let at = 0; at < until;) {
    const bytes = readAt(fd, at, Math.min(CHUNK, until - at), buffer);
    const whole = bytes.subarray(0, bytes.lastIndexOf(NEWLINE) + 1);
    if (whole.length === 0 || !skimLines(whole, openings, visitor)) return false;
    at += whole.length;
  }
  return true;
}

/**
 * The same of whole lines that are in memory. A line is passed over when it begins with one of these, and looks whole: what
 * was torn and written on holds another beginning. Strings are made of what counts alone: to look for them in the bytes
 * takes a tenth of the time.
 */
export function skimLines(bytes: Buffer, openings: readonly Buffer[], visitor: SkimVisitor): boolean {
  if (bytes.includes(STAMP)) return false;
  let next = bytes.indexOf(OBJECT);
  for (let start = 0, end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
    let passes = bytes[end - 1] === BRACE && openings.some((opening) => startsWith(bytes, start, opening));
    if (next === start) next = bytes.indexOf(OBJECT, start + OBJECT.length);
    for (; next !== -1 && next < end; next = bytes.indexOf(OBJECT, next + OBJECT.length))
      passes &&= startsWith(bytes, next, BLOCK);
    if (passes) visitor.passed();
    else visitor.line(bytes.toString("utf8", start, end));
    start = end + 1;
  }
  return true;
}

/** By hand: for a few bytes `compare` is dearer. */
export function startsWith(bytes: Buffer, at: number, words: Buffer): boolean {
  for (let index = 0; index < words.length; index += 1) if (bytes[at + index] !== words[index]) return false;
  return true;
}
