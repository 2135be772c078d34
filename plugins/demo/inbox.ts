import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { isRecord } from "../zot/blocks.ts";

/** A line that came in at the inbox. `user-json` and `{"kind":"user",…}` carry text with newlines. */
export type InboxMessage =
  | { readonly kind: "user"; readonly text: string }
  | { readonly kind: "cancel" }
  | { readonly kind: "shutdown" }
  | { readonly kind: "unknown" };

export function parseInboxLine(line: string): InboxMessage {
  if (line === "cancel" || line === "shutdown") return { kind: line };
  if (line.startsWith("user ")) return { kind: "user", text: line.slice("user ".length) };
  const json = line.startsWith("user-json ") ? line.slice("user-json ".length) : line;
  const value = parse(json);
  if (typeof value === "string" && json !== line) return { kind: "user", text: value };
  if (!isRecord(value)) return { kind: "unknown" };
  const { kind, text } = value;
  if (kind === "user" && typeof text === "string") return { kind, text };
  return kind === "cancel" || kind === "shutdown" ? { kind } : { kind: "unknown" };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Listens on a unix socket; resolves when it can be connected to. A socket file that an earlier run left is replaced. */
export function listen(path: string, receive: (message: InboxMessage) => void): Promise<void> {
  rmSync(path, { force: true });
  const server = createServer((socket) => {
    let rest = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line !== "") receive(parseInboxLine(line));
    });
    socket.on("error", () => socket.destroy()); // the supervisor is gone: the next one connects anew
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
}
