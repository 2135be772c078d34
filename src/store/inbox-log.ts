/** inbox.jsonl: what was said to an agent. What became of a message stands in events.jsonl. */
import * as v from "valibot";
import { append, close, openAppend, openRead, readAt, sizeOf, sync } from "../disk.ts";
import type { Time } from "../types.ts";
import { readLines } from "./lines.ts";

export interface InboxMessage {
  readonly id: string;
  readonly time: Time;
  readonly text: string;
  readonly by?: string;
}

/** A message is at most 4 MiB; JSON can make six bytes of one. */
const MAX_LINE = 32 * 1024 * 1024;
const schema = v.object({
  id: v.pipe(v.string(), v.nonEmpty()),
  time: v.string(),
  text: v.string(),
  by: v.optional(v.string()),
});

/** All messages, in the order they were sent. A line that is none is passed over: it was never acknowledged. */
export function readInbox(path: string): readonly InboxMessage[] {
  const fd = openRead(path);
  if (fd === undefined) return [];
  const messages = new Map<string, InboxMessage>();
  try {
    readLines(fd, { at: 0, scanned: 0 }, { limit: MAX_LINE, rest: true }, ({ text = "" }) => {
      const message = parseMessage(text);
      if (message !== undefined && !messages.has(message.id)) messages.set(message.id, message);
    });
  } finally {
    close(fd);
  }
  return [...messages.values()];
}

function parseMessage(text: string): InboxMessage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // torn by a crash before it was acknowledged
  }
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) return undefined;
  const { by, ...message } = parsed.output;
  return by === undefined ? message : { ...message, by };
}

/** Appends one message; it is on disk when this returns. */
export function appendInbox(path: string, message: InboxMessage): void {
  const fd = openAppend(path);
  try {
    const size = sizeOf(fd);
    const torn = size > 0 && readAt(fd, size - 1, 1)[0] !== 10;
    append(fd, Buffer.from(`${torn ? "\n" : ""}${JSON.stringify(message)}\n`));
    sync(fd);
  } finally {
    close(fd);
  }
}
