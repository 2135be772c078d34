/** Whether a log holds exactly what a run's files hold. Reads both by itself: skep's own readers are under test. */
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";

interface Line {
  readonly at: number;
  readonly bytes: Buffer;
  readonly eol: boolean;
}
interface Entry {
  readonly line: string;
  readonly type: string;
  readonly text?: string;
  readonly skep: {
    readonly seq: number;
    readonly run: number;
    readonly out: number;
    readonly err: number;
    readonly from?: string;
    readonly at?: number;
    readonly eol?: boolean;
  };
}

export interface Checked {
  readonly lines: number;
  readonly failures: readonly string[];
}

/** Lost, doubled, changed or reordered lines of one ended run, as far as its log and its files tell. */
export function checkLog(folder: string, run = 1): Checked {
  const failures: string[] = [];
  const entries = readEntries(join(folder, "events.jsonl"));
  entries.forEach(({ skep }, at) => {
    if (skep.seq !== at + 1) failures.push(`${folder}: entry ${at + 1} has the number ${skep.seq}`);
  });
  const starts = entries.filter(({ type, skep }) => type === "agent_started" && skep.from === undefined);
  const ends = entries.filter(({ type, skep }) => type === "agent_stopped" && skep.from === undefined);
  if (starts.length !== 1 || ends.length !== 1)
    failures.push(`${folder}: ${starts.length} starts, ${ends.length} ends`);
  let lines = 0;
  for (const from of ["out", "err"] as const) {
    const written = readWritten(join(folder, "runs", String(run).padStart(6, "0"), from));
    const kept = entries.filter(({ skep }) => skep.from === from);
    lines += written.length;
    if (kept.length !== written.length)
      failures.push(`${folder}: ${from}: ${written.length} lines, ${kept.length} kept`);
    kept.forEach((entry, at) => {
      const why = differs(entry, written[at], from);
      if (why !== undefined && failures.length < 20) failures.push(`${folder}: ${from}: line ${at}: ${why}`);
    });
  }
  return { lines, failures };
}

function differs(entry: Entry, line: Line | undefined, from: "out" | "err"): string | undefined {
  if (line === undefined) return "there is none";
  const { at, eol = true } = entry.skep;
  if (at !== line.at || eol !== line.eol) return `at ${at}, not ${line.at}`;
  const behind = line.at + line.bytes.length + (line.eol ? 1 : 0);
  if (entry.skep[from] !== behind) return `goes on at ${entry.skep[from]}, not ${behind}`;
  const text = line.bytes.toString("utf8");
  const own = entry.type === "stdout" || entry.type === "stderr";
  const same = own ? entry.text === text.replace(/\r$/, "") : entry.line.includes(text.trim().slice(1, -1));
  return same ? undefined : `${text.slice(0, 200)} was changed`;
}

/** The whole lines of a log. What a kill tore is ended by the next supervisor, and is none of these. */
export function readEntries(path: string): Entry[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        return [{ ...(JSON.parse(line) as Omit<Entry, "line">), line }];
      } catch {
        return [];
      }
    });
}

function readWritten(path: string): Line[] {
  const file = readFileSync(path);
  const lines: Line[] = [];
  for (let at = 0; at < file.length;) {
    const end = file.indexOf(10, at);
    const bytes = file.subarray(at, end === -1 ? file.length : end);
    if (bytes.toString("utf8").trim() !== "") lines.push({ at, bytes, eol: end !== -1 });
    at += bytes.length + 1;
  }
  return lines;
}

/** Whether a file ends in the middle of a line. */
export function isTorn(path: string): boolean {
  const tail = tailOf(path, 1);
  return tail.length > 0 && tail[0] !== 10;
}

/** Whether a run's end is among the last lines. */
export const isOver = (log: string): boolean => /^\{"type":"agent_stopped"/m.test(tailOf(log, 4_096).toString("utf8"));

function tailOf(path: string, length: number): Buffer {
  if (!existsSync(path)) return Buffer.alloc(0);
  const fd = openSync(path, "r");
  try {
    const { size } = fstatSync(fd);
    const tail = Buffer.alloc(Math.min(length, size));
    readSync(fd, tail, 0, tail.length, size - tail.length);
    return tail;
  } finally {
    closeSync(fd);
  }
}
