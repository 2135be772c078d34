import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { childEntry, type Output, START } from "../core/entry.ts";
import type { LogEntry } from "../types.ts";

/** What a child printed on stdout: a file, by its path or URL, or the lines themselves. */
export type TranscriptSource = string | URL | readonly string[];

export interface Transcript {
  readonly name: string;
  readonly lines: readonly string[]; // without their newlines
  readonly path?: string;
}

/** Throws what the file system says. */
export function readTranscript(source: TranscriptSource): Transcript {
  if (typeof source !== "string" && !(source instanceof URL)) return { name: "lines", lines: source };
  const path = source instanceof URL ? fileURLToPath(source) : source;
  return { name: basename(path), lines: readFileSync(path, "utf8").replace(/\n$/, "").split("\n"), path };
}

/** What a handler is given for a line: each time another object. */
export const entryOf = (line: string, output: Output): LogEntry =>
  childEntry(line, output, { seq: 1, run: 1, t: 0, cursor: START, source: { from: "out", at: 0, eol: true } });
