/**
 * `<root>/index`: what is derived of agents, so that nobody has to fold their logs again. Deleting it costs time, never data.
 *
 * It holds blocks: a line `skep-index <format> <bytes> <sha1> <bytes>`, then the heads of its rows, whose size and hash that
 * is, then as many bytes of their bodies. Heads are JSON, an array a line: id, size and hash of the row's body, and the row's
 * head. So whoever only asks which agents are as they were reads no bodies, and a body is checked when it is
 * read. Of two rows with one id the later counts. What is torn, damaged or of another format is passed over. Rows are
 * appended by a supervisor; who replaces the whole file does so by a rename.
 */
import { digest } from "../digest.ts";
import { append, close, openAppend, openFile, readAt, readWhole, replace, sizeOf } from "../disk.ts";

/** Another number for rows of another meaning: those of others are not read. */
const FORMAT = 2;
const LIMIT = 1024 * 1024 * 1024;
const HEADER = /^\n?skep-index (\d+) (\d{1,10}) ([0-9a-f]{40}) (\d{1,10})\n/;
const BEGINNING = "\nskep-index ";
const MAX_HEADER = 128;

/** A row holds what JSON can say and, apart from it, bytes. */
export interface IndexRow {
  readonly head: unknown;
  readonly body: Uint8Array;
}
export type IndexRows = ReadonlyMap<string, IndexRow>;

/** What is in the file: the newest row of each id. */
export interface IndexFile {
  readonly ids: Iterable<string>;
  head(id: string): unknown;
  /** `undefined` where it is damaged, or was replaced meanwhile. */
  body(id: string): Buffer | undefined;
}
interface Place {
  readonly head: unknown;
  readonly at: number;
  readonly bytes: number;
  readonly hash: string;
}

/** `only`: of one agent is asked: its body is read alone, else all are at the first one. */
export function readIndexFile(path: string, only?: string): IndexFile {
  const places = readPlaces(path);
  let content: Buffer | undefined;
  return {
    ids: places.keys(),
    head: (id) => places.get(id)?.head,
    body(id) {
      const place = places.get(id);
      if (place === undefined) return undefined;
      if (only === undefined) content ??= readWhole(path, LIMIT) ?? Buffer.alloc(0);
      const bytes = content?.subarray(place.at, place.at + place.bytes) ?? readPart(path, place);
      return shortHash(bytes) === place.hash ? bytes : undefined;
    },
  };
}

function readPart(path: string, { at, bytes }: Place): Buffer {
  const file = openFile(path);
  if (file === undefined) return Buffer.alloc(0);
  try {
    return readAt(file.fd, at, bytes);
  } finally {
    close(file.fd);
  }
}

function readPlaces(path: string): Map<string, Place> {
  const places = new Map<string, Place>();
  const file = openFile(path);
  if (file === undefined) return places;
  const { fd } = file;
  try {
    for (let at = 0; at < file.stats.size;) {
      const header = HEADER.exec(readAt(fd, at, MAX_HEADER).toString("latin1"));
      const [line = "", format, bytes, hash, more] = header ?? [];
      const heads =
        header === null || Number(bytes) > file.stats.size ? undefined : readAt(fd, at + line.length, Number(bytes));
      const whole = heads !== undefined && heads.length === Number(bytes) && hashOf(heads) === hash;
      const bodies = at + line.length + Number(bytes);
      if (whole && Number(format) === FORMAT) takeHeads(places, heads, bodies);
      const next = bodies + Number(more);
      at = whole && isBeginning(fd, next) ? next : nextBlock(fd, at + 1);
    }
  } finally {
    close(fd);
  }
  return places;
}

/** Behind a block comes another, or nothing; behind one that was torn there is anything. */
function isBeginning(fd: number, at: number): boolean {
  const bytes = readAt(fd, at, BEGINNING.length).toString("latin1");
  return bytes === BEGINNING || (bytes === "" && at === sizeOf(fd));
}

/** Damage: the next block is looked for. */
function nextBlock(fd: number, from: number): number {
  const size = sizeOf(fd);
  const found = readAt(fd, from, Math.max(0, size - from)).indexOf(BEGINNING);
  return found === -1 ? size : from + found;
}

type Line = readonly [id: string, bytes: number, hash: string, head: unknown];

function takeHeads(places: Map<string, Place>, heads: Buffer, from: number): void {
  let at = from;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- behind its hash: `blockOf`, in this format, wrote it
  for (const line of JSON.parse(heads.toString("utf8")) as readonly Line[]) {
    places.set(line[0], { head: line[3], at, bytes: line[1], hash: line[2] });
    at += line[1];
  }
}

/** Adds rows at the end; the file's size behind them. */
export function appendIndexRows(path: string, rows: IndexRows): number {
  const fd = openAppend(path);
  try {
    append(fd, Buffer.concat(blockOf(rows))); // in one go
    return sizeOf(fd);
  } finally {
    close(fd);
  }
}

/** Returns the file's size. */
export function replaceIndexFile(path: string, rows: IndexRows): number {
  const block = Buffer.concat(blockOf(rows));
  replace(path, block);
  return block.length;
}

/** It begins with a newline: a block that was torn before it must not swallow its header. */
function blockOf(rows: IndexRows): readonly Uint8Array[] {
  const bodies = [...rows.values()].map(({ body }) => body);
  const lines = [...rows].map(([id, { head, body }]) =>
    JSON.stringify([id, body.length, shortHash(body), head] satisfies Line),
  );
  const heads = Buffer.from(`[\n${lines.join(",\n")}\n]\n`);
  const size = bodies.reduce((sum, body) => sum + body.length, 0);
  return [Buffer.from(`${BEGINNING}${FORMAT} ${heads.length} ${hashOf(heads)} ${size}\n`), heads, ...bodies];
}

const hashOf = (bytes: Uint8Array): string => digest("sha1", bytes);
const shortHash = (bytes: Uint8Array): string => hashOf(bytes).slice(0, 16); // against damage, not against anybody
