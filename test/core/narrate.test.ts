import assert from "node:assert/strict";
import { test } from "node:test";
import { flush, narrate, type Narration } from "../../src/core/narrate.ts";
import type { AgentEvent } from "../../src/types.ts";

const told = (...events: readonly AgentEvent[]): readonly string[] => {
  let state: Narration | undefined;
  const lines: string[] = [];
  for (const event of events) {
    const step = narrate(state, { ...event, time: "2026-03-02T09:15:04.000Z" });
    ({ state } = step);
    lines.push(...step.lines);
  }
  return [...lines, ...flush(state)];
};
const piece = (text: string, id?: string): AgentEvent => ({
  kind: "message",
  role: "assistant",
  text,
  delta: true,
  ...(id === undefined ? {} : { id }),
});
const whole = (text: string, id?: string): AgentEvent => ({
  kind: "message",
  role: "assistant",
  text,
  ...(id === undefined ? {} : { id }),
});

test("a message in pieces is told line by line, and once", () => {
  assert.deepEqual(told(piece("one\ntw", "a"), piece("o\nthree", "a")), ["one", "two", "three"]);
  assert.deepEqual(told(piece("one\ntw", "a"), piece("o", "a"), whole("one\ntwo", "a")), ["one", "two"]);
  assert.deepEqual(told(piece("one\n", "a"), whole("one\ntwo\nthree", "a")), ["one", "two", "three"]);
  assert.deepEqual(told(piece("one", "a"), whole("one", "a"), piece("two", "a"), whole("two", "a")), ["one", "two"]);
});

test("whole messages, and those of others, are told as they come", () => {
  assert.deepEqual(told(whole("one"), whole("one")), ["one", "one"]);
  assert.deepEqual(told(whole("one", "a"), whole("one", "a")), ["one", "one"]);
  assert.deepEqual(told(piece("on"), whole("two")), ["on", "two"]);
  assert.deepEqual(told(piece("on", "a"), whole("two", "b")), ["on", "two"]);
});
