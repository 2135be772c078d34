/** Agents of another supervisor, and what it writes into their logs. */
import { mkdirSync, writeFileSync } from "node:fs";
import { type Arbitrary, nat, string, tuple } from "fast-check";
import type { ReadTools } from "../../src/swarm/reload.ts";

export function addForeign({ store }: ReadTools, id: string, lines: readonly string[]): void {
  mkdirSync(store.paths(id).folder, { recursive: true });
  writeFileSync(store.paths(id).meta, JSON.stringify({ id, task: "do", dir: "/", started: "2026-01-01T00:00:00Z" }));
  writeFileSync(store.paths(id).log, lines.map((line) => `${line}\n`).join(""));
}

/** A line: which word, what it says, and how long after the one before, in ms. */
export interface Written {
  readonly word: number;
  readonly text: string;
  readonly gap: number;
}

/** Lines of zot's words; `at` makes their times rise. */
export const WORDS: readonly ((at: string, text: string) => object)[] = [
  (time, text) => ({ type: "assistant_message", time, content: [{ type: "text", text }] }),
  (time, text) => ({ type: "stdout", time, text }),
  (time) => ({ type: "tool_call", time, id: "c", name: "grep" }),
  (time) => ({ type: "tool_result", time, id: "c", is_error: false, content: [] }),
  (time) => ({ type: "turn_start", time, step: 1 }),
  (time) => ({ type: "turn_end", time, step: 1, stop: "end" }),
  (time, text) => ({ type: "error", time, message: text }),
  (time) => ({ type: "usage", time, cumulative: { input: 10, output: 3 } }),
  (time) => ({ type: "agent_stopped", time, reason: "exit", code: 0 }),
  (time) => ({ type: "agent_ready", time }),
  (time, text) => ({ type: "assistant_message", time, content: [{ type: "text", text: `{"type":"${text}` }] }),
];
export const line: Arbitrary<Written> = tuple(
  nat({ max: WORDS.length - 1 }),
  string({ maxLength: 40, unit: "grapheme" }),
  nat({ max: 2_000 }),
).map(([word, text, gap]) => ({ word, text, gap }));

export function formatLines(lines: readonly Written[]): string[] {
  let time = Date.UTC(2026, 0, 1);
  return lines.map(({ word, text, gap }) => JSON.stringify(WORDS[word]?.(new Date((time += gap)).toISOString(), text)));
}
