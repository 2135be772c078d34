/**
 * `<root>/index`: what is derived of agents, so that nobody has to fold their logs again. Deleting it costs time, never data.
 *
 * A row is a line that begins with the agent's id and a tab; of two with one id the later counts. Rows are written in
 * blocks, each behind a line `skep-index <format> <bytes> <sha1>`: what is torn, damaged or of another format is passed
 * over. Rows are appended by a supervisor; who replaces the whole file does so by a rename.
 */
import { digest } from "../digest.ts";
import { append, close, openAppend, readWhole, replace, sizeOf } from "../disk.ts";

/** Another number for rows of another meaning: those of others are not read. */
const FORMAT = 1;
const LIMIT = 1024 * 1024 * 1024;
const NEWLINE = 10;
const HEADER = /^skep-index (\d+) (\d+) ([0-9a-f]{40})$/;
const MAX_HEADER = 128;

/** The newest row of each id, without the id. */
export type IndexRows = ReadonlyMap<string, string>;

/** `only`: the row of one agent, and no text is made of the others'. */
export function readIndexFile(path: string, only?: string): IndexRows {
  const rows = new Map<string, string>();
  const content = readWhole(path, LIMIT);
  if (content === undefined) return rows;
  for (let at = 0; at < content.length;) {
    const end = content.indexOf(NEWLINE, at);
    const header = end === -1 || end - at > MAX_HEADER ? null : HEADER.exec(content.toString("latin1", at, end));
    if (header === null) {
      // Damage: the next block is looked for, a line at a time.
      if (end === -1) break;
      at = end + 1;
      continue;
    }
    const [, format, bytes, hash] = header;
    const body = content.subarray(end + 1, end + 1 + Number(bytes));
    const whole = body.length === Number(bytes) && hashOf(body) === hash;
    if (!whole) {
      at = end + 1;
      continue;
    }
    at = end + 1 + body.length;
    if (Number(format) === FORMAT) takeRows(rows, only === undefined ? body.toString("utf8") : rowIn(body, only));
  }
  return rows;
}

/** The last row of this agent, with its newline. */
function rowIn(body: Buffer, id: string): string {
  const at = body.lastIndexOf(`\n${id}\t`) + 1; // 0 where it is the first, or not there
  const end = body.indexOf(NEWLINE, at) + 1;
  return body.toString("utf8", at, end);
}

function takeRows(rows: Map<string, string>, text: string): void {
  for (let at = 0, end = text.indexOf("\n"); end !== -1; at = end + 1, end = text.indexOf("\n", at)) {
    const tab = text.indexOf("\t", at);
    if (tab !== -1 && tab < end) rows.set(text.slice(at, tab), text.slice(tab + 1, end));
  }
}

/** Adds rows at the end; the file's size behind them. A row holds no newline. */
export function appendIndexRows(path: string, rows: IndexRows): number {
  const fd = openAppend(path);
  try {
    append(fd, Buffer.concat([Buffer.from("\n"), blockOf(rows)])); // a block that was torn before it must not swallow this one's header
    return sizeOf(fd);
  } finally {
    close(fd);
  }
}

/** Returns the file's size. */
export function replaceIndexFile(path: string, rows: IndexRows): number {
  const block = blockOf(rows);
  replace(path, block);
  return block.length;
}

function blockOf(rows: IndexRows): Buffer {
  const body = Buffer.from([...rows].map(([id, row]) => `${id}\t${row}\n`).join(""));
  return Buffer.concat([Buffer.from(`skep-index ${FORMAT} ${body.length} ${hashOf(body)}\n`), body]);
}

const hashOf = (bytes: Uint8Array): string => digest("sha1", bytes);
