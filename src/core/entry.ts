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

function formatStamp({ seq, run, t, cursor, source }: Stamp): string {
  const mirror = cursor.mirror > 0 ? `,"mirror":${cursor.mirror}` : "";
  const from =
    source === undefined ? "" : `,"from":"${source.from}","at":${source.at}${source.eol ? "" : ',"eol":false'}`;
  return `"skep":{"seq":${seq},"run":${run},"t":${t},"out":${cursor.out},"err":${cursor.err}${mirror}${from}}`;
}

/** A line of skep's own, without a newline, as all lines here. */
export function formatOwn(type: string, fields: Readonly<Record<string, unknown>>, stamp: Stamp): string {
  const body = JSON.stringify({ type, time: timeOf(stamp.t), ...fields });
  return `${body.slice(0, -1)},${formatStamp(stamp)}}`;
}

/** A child's line as it goes into the log, and the entry it stands for. */
export interface ChildLine {
  readonly line: string;
  readonly entry: LogEntry;
}

/** Makes a log line of what a child wrote (no newline, not empty). */
export function formatChild(text: string, output: Output, stamp: Stamp & { readonly source: LineSource }): ChildLine {
  const { entry, inner, untyped } = readChild(text, output, stamp);
  if (inner === undefined) {
    const words = JSON.stringify(entry.data["text"]); // by hand: most of what a swarm writes comes through here
    return {
      line: `{"type":"${entry.type}","time":"${timeOf(stamp.t)}","text":${words},${formatStamp(stamp)}}`,
      entry,
    };
  }
  const front = `{${untyped ? '"type":"json",' : ""}"time":"${timeOf(stamp.t)}"`;
  return { line: `${front}${inner.trim() === "" ? "" : `,${inner}`},${formatStamp(stamp)}}`, entry };
}

/** The entry alone: of a line that is too long for the log no second copy is made. */
export const childEntry = (text: string, output: Output, stamp: Stamp & { readonly source: LineSource }): LogEntry =>
  readChild(text, output, stamp).entry;

/** `inner`: what stands between the braces of a line that is kept as it is. */
function readChild(
  text: string,
  output: Output,
  stamp: Stamp & { readonly source: LineSource },
): { readonly entry: LogEntry; readonly inner?: string; readonly untyped?: boolean } {
  const time = timeOf(stamp.t);
  const trimmed = stamp.source.from !== "err" && output !== "text" ? text.trim() : "";
  if (trimmed.startsWith("{")) {
    const data = parseObject(trimmed);
    const given = data?.["type"];
    const untyped = data !== undefined && output === "json" && !Object.hasOwn(data, "type");
    if (data !== undefined && (typeof given === "string" || untyped)) {
      const type = typeof given === "string" ? given : "json";
      delete data["skep"];
      data["type"] = type;
      if (!Object.hasOwn(data, "time")) data["time"] = time;
      return { entry: stampedEntry(type, data, stamp), inner: trimmed.slice(1, -1), untyped };
    }
  }
  const type = stamp.source.from === "err" ? "stderr" : "stdout";
  const data = { type, time, text: text.endsWith("\r") ? text.slice(0, -1) : text };
  return { entry: stampedEntry(type, data, stamp, time) };
}
