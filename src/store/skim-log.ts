/** Reads the beginning of a long log without parsing what later lines say better. */
import { readAt } from "../disk.ts";

export interface SkimVisitor {
  /** A line that counts, without its newline. */
  line(text: string): void;
  /** A line was passed over. */
  passed(): void;
}

const CHUNK = 1024 * 1024;
const OPENING = '{"type":"';
const STAMP = '"skep":{';
const BLOCK = '{"type":"text"'; // of a message's content: no line of its own

/**
 * Reads whole lines from the file's beginning up to byte `until`, which is a line's beginning. A line is passed over when it
 * begins with a type of these, as every JSON writer of flat events writes it, and looks whole: what was torn and written on
 * holds another beginning. Returns false when the log is not to be skimmed: it has stamps of skep's, or lines beyond 1 MiB.
 */
export function skimLog(fd: number, until: number, passing: ReadonlySet<string>, visitor: SkimVisitor): boolean {
  for (let at = 0; at < until;) {
    const bytes = readAt(fd, at, Math.min(CHUNK, until - at));
    const text = bytes.toString("latin1"); // a character a byte
    if (text.includes(STAMP)) return false;
    let start = 0;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", start)) {
      if (isPassed(text, start, end, passing)) visitor.passed();
      else visitor.line(bytes.toString("utf8", start, end));
      start = end + 1;
    }
    if (start === 0) return false;
    at += start;
  }
  return true;
}

function isPassed(text: string, start: number, end: number, passing: ReadonlySet<string>): boolean {
  if (!text.startsWith(OPENING, start) || text.charCodeAt(end - 1) !== 125) return false;
  const from = start + OPENING.length;
  const quote = text.indexOf('"', from);
  if (quote === -1 || quote > end || !passing.has(text.slice(from, quote))) return false;
  for (let next = text.indexOf(OPENING, from); next !== -1 && next < end; next = text.indexOf(OPENING, next + 1))
    if (!text.startsWith(BLOCK, next)) return false;
  return true;
}
