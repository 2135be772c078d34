/**
 * Lines of events.jsonl <-> values.
 *
 * A child's line keeps its own bytes: `"time":"<receipt>",` is put behind the opening brace and skep's stamp before the
 * closing one. With two equal keys the last counts, so a child's own time wins and nothing it writes can stand in for the
 * stamp. Every line that skep writes has a stamp; the last whole one alone says where to go on.
 */
import type { LogEntry, Time } from "../types.ts";

export type Stream = "out" | "err" | "mirror";
/** Where to go on in a run's files: bytes from their beginnings. */
export interface Cursor {
  readonly out: number;
  readonly err: number;
  readonly mirror: number;
}
export const START: Cursor = { out: 0, err: 0, mirror: 0 };

/** Written out: a spread with a computed key measured as dear as the fold of a line. */
export const moved = ({ out, err, mirror }: Cursor, from: Stream, to: number): Cursor => ({
  out: from === "out" ? to : out,
  err: from === "err" ? to : err,
  mirror: from === "mirror" ? to : mirror,
});

/** skep's stamp: number of the line, run, receipt in ms, where to go on behind it, and where a child's line came from. */
export interface Stamp {
  readonly seq: number;
  readonly run: number;
  readonly t: number;
  readonly cursor: Cursor;
  readonly source?: LineSource;
}
/** The file and the byte a child's line came from; `eol` is false when its last line had no newline. */
export interface LineSource {
  readonly from: Stream;
  readonly at: number;
  readonly eol: boolean;
}
export interface ChildStamp extends Stamp {
  readonly source: LineSource;
}
/** One line of the log, read. `stamp` is absent in what another supervisor wrote. */
export interface ParsedLine {
  readonly entry: LogEntry;
  readonly stamp?: Stamp;
}

/** How lines of `out` are read: see FORMATS. */
export type Output = "events" | "json" | "text";

const RFC3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;
const STREAMS: readonly string[] = ["out", "err", "mirror"] satisfies readonly Stream[];

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The JSON object in a text, `undefined` for anything else. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined; // not JSON: the caller keeps it as text or counts it
  }
}

export const isTime = (value: unknown): value is Time => !Number.isNaN(parseTime(value));

/** Milliseconds since 1970; NaN for what is no time. */
function parseTime(value: unknown): number {
  if (typeof value !== "string" || !RFC3339.test(value)) return Number.NaN;
  return value.length === ISO.length && value.endsWith("Z") && value[10] === "T" ? parseIso(value) : Date.parse(value);
}

const ISO = "2026-01-01T00:00:00.000Z";
let lastDay = "";
let lastMidnight = 0;
/** What JSON makes of a Date. Most times of a log are of one day: `Date.parse` took longer than to parse the line. */
function parseIso(text: string): number {
  const part = (at: number): number => text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - TWO_ZEROS;
  const [hours, minutes, seconds] = [part(11), part(14), part(17)];
  if (hours > 23 || minutes > 59 || seconds > 59) return Date.parse(text);
  const day = text.slice(0, 10);
  if (day !== lastDay) {
    lastMidnight = Date.parse(`${day}T00:00:00.000Z`);
    lastDay = day;
  }
  return lastMidnight + ((hours * 60 + minutes) * 60 + seconds) * 1000 + Number(text.slice(20, 23));
}
const TWO_ZEROS = 48 * 11;

let lastTime = -1;
let lastText = "";
/** RFC 3339 in UTC of milliseconds since 1970. A batch shares its receipt, so the last one is kept. */
export function timeOf(ms: number): Time {
  if (ms !== lastTime) {
    lastText = new Date(ms).toISOString();
    lastTime = ms;
  }
  return lastText;
}

/** Reads one line of a log; `undefined` for a line that is none: empty, malformed, half-written. */
export function parseLine(text: string): ParsedLine | undefined {
  const data = parseObject(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  if (data === undefined || typeof data["type"] !== "string") return undefined;
  const stamp = parseStamp(data["skep"]);
  if (stamp === undefined) {
    const told = parseTime(data["time"]);
    const received = Number.isNaN(told) ? 0 : told;
    const time = Number.isNaN(told) ? timeOf(0) : String(data["time"]);
    return { entry: { type: data["type"], time, received, data, origin: { by: "other" } } };
  }
  delete data["skep"];
  return { entry: stampedEntry(data["type"], data, stamp), stamp };
}

/** The entry that a stamped line stands for: live and replay both come through here. */
export function stampedEntry(
  type: string,
  data: Record<string, unknown>,
  stamp: Stamp,
  time: Time = entryTime(data, stamp.t),
): LogEntry {
  const { run, seq, t, source } = stamp;
  if (source === undefined) return { type, time, received: t, data, origin: { by: "skep", run, seq } };
  const bytes = stamp.cursor[source.from] - source.at - (source.eol ? 1 : 0);
  return { type, time, received: t, data, origin: { by: "child", run, stream: source.from, at: source.at, bytes } };
}

const entryTime = (data: Record<string, unknown>, received: number): Time =>
  isTime(data["time"]) ? data["time"] : timeOf(received);

/** Hand-checked instead of by a schema: this runs once a line, and a schema measured as dear as JSON.parse itself. */
function parseStamp(value: unknown): Stamp | undefined {
  if (!isRecord(value)) return undefined;
  const { seq, run, t, out, err, mirror = 0, from, at, eol = true } = value;
  if (!isCount(seq) || !isCount(run) || !isCount(t) || !isCount(out) || !isCount(err) || !isCount(mirror))
    return undefined;
  if (t > 8.64e15) return undefined;
  const stamp = { seq, run, t, cursor: { out, err, mirror } };
  if (from === undefined) return stamp;
  if (!isStream(from) || !isCount(at) || typeof eol !== "boolean") return undefined;
  return { ...stamp, source: { from, at, eol } };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const isStream = (value: unknown): value is Stream => typeof value === "string" && STREAMS.includes(value);

/**
 * Pieces of a log's lines. They are joined once an append: a text of its own for each stamp, and for each number in it,
 * measured as dear as all the rest of a line.
 */
export type Pieces = (string | number)[];

/** What the lines of a batch share: beginnings of them, each with the receipt, and a part of their stamps. */
interface Shared {
  readonly run: number;
  readonly t: number;
  readonly event: string;
  readonly json: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly stamp: string;
}
let lastShared: Shared | undefined;
function sharedBy({ run, t }: Stamp): Shared {
  if (lastShared?.t === t && lastShared.run === run) return lastShared;
  const time = `"time":"${timeOf(t)}"`;
  lastShared = {
    run,
    t,
    event: `{${time}`,
    json: `{"type":"json",${time}`,
    stdout: `{"type":"stdout",${time},"text":`,
    stderr: `{"type":"stderr",${time},"text":`,
    stamp: `,"run":${run},"t":${t},"out":`,
  };
  return lastShared;
}

const FROM: Readonly<Record<Stream, string>> = {
  out: ',"from":"out","at":',
  err: ',"from":"err","at":',
  mirror: ',"from":"mirror","at":',
};

function pushStamp(pieces: Pieces, stamp: Stamp): void {
  const { seq, cursor, source } = stamp;
  pieces.push(',"skep":{"seq":', seq, sharedBy(stamp).stamp, cursor.out, ',"err":', cursor.err);
  if (cursor.mirror > 0) pieces.push(',"mirror":', cursor.mirror);
  if (source !== undefined) pieces.push(FROM[source.from], source.at);
  pieces.push(source?.eol === false ? ',"eol":false}}' : "}}");
}

/** A line of skep's own, without a newline, as all lines here. */
export function formatOwn(type: string, fields: Readonly<Record<string, unknown>>, stamp: Stamp): string {
  const pieces: Pieces = [JSON.stringify({ type, time: timeOf(stamp.t), ...fields }).slice(0, -1)];
  pushStamp(pieces, stamp);
  return pieces.join("");
}

// oxlint-disable-next-line no-control-regex -- what JSON writes otherwise than it is; to look for it is cheaper than to write
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/;

/** Makes a log line of what a child wrote (no newline, not empty), and tells the entry it stands for. */
export function formatChild(pieces: Pieces, text: string, output: Output, stamp: ChildStamp): LogEntry {
  const line = readObject(text, output, stamp);
  const { event, json, stdout, stderr } = sharedBy(stamp);
  if (line === undefined) {
    const entry = plainEntry(text, stamp);
    pieces.push(stamp.source.from === "err" ? stderr : stdout);
    const words = entry.data["text"];
    if (typeof words === "string" && !ESCAPED.test(words)) pieces.push('"', words, '"');
    else pieces.push(JSON.stringify(words));
    pushStamp(pieces, stamp);
    return entry;
  }
  const { entry, inner, untyped } = line;
  pieces.push(untyped ? json : event);
  if (inner.trim() !== "") pieces.push(",", inner);
  pushStamp(pieces, stamp);
  return entry;
}

/** The entry alone: of a line that is too long for the log no second copy is made. */
export const childEntry = (text: string, output: Output, stamp: ChildStamp): LogEntry =>
  readObject(text, output, stamp)?.entry ?? plainEntry(text, stamp);

interface ObjectLine {
  readonly entry: LogEntry;
  readonly inner: string; // what stands between its braces
  readonly untyped: boolean;
}
/** A line that is kept as it is. */
function readObject(text: string, output: Output, stamp: ChildStamp): ObjectLine | undefined {
  if (stamp.source.from === "err" || output === "text") return undefined;
  const trimmed = text.trim();
  const data = trimmed.startsWith("{") ? parseObject(trimmed) : undefined;
  if (data === undefined) return undefined;
  const given = data["type"];
  const untyped = output === "json" && !Object.hasOwn(data, "type");
  if (typeof given !== "string" && !untyped) return undefined;
  const type = typeof given === "string" ? given : "json";
  delete data["skep"];
  data["type"] = type;
  if (!Object.hasOwn(data, "time")) data["time"] = timeOf(stamp.t);
  return { entry: stampedEntry(type, data, stamp), inner: trimmed.slice(1, -1), untyped };
}

function plainEntry(text: string, stamp: ChildStamp): LogEntry {
  const type = stamp.source.from === "err" ? "stderr" : "stdout";
  const time = timeOf(stamp.t);
  const data = { type, time, text: text.endsWith("\r") ? text.slice(0, -1) : text };
  return stampedEntry(type, data, stamp, time);
}
