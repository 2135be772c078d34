import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { isRecord } from "../zot/blocks.ts";

/** One turn: what was asked, and the answer unless it was cancelled. */
export interface Exchange {
  readonly user: string;
  readonly assistant?: string;
}

/** The conversation in a session file, so that a resumed agent goes on counting. */
export interface Conversation {
  readonly exchanges: readonly Exchange[];
  add(exchange: Exchange): void;
}

export function openConversation(path: string): Conversation {
  const exchanges = read(path);
  return {
    exchanges,
    add(exchange) {
      exchanges.push(exchange);
      writeFileSync(`${path}.tmp`, `${JSON.stringify({ turns: exchanges }, undefined, 2)}\n`, { mode: 0o600 });
      renameSync(`${path}.tmp`, path);
    },
  };
}

/** A missing file, or one of another kind, is an empty conversation. */
function read(path: string): Exchange[] {
  let session: unknown;
  try {
    session = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return [];
  }
  const turns = isRecord(session) ? session["turns"] : undefined;
  return Array.isArray(turns) ? turns.filter(isExchange) : [];
}

function isExchange(value: unknown): value is Exchange {
  if (!isRecord(value) || typeof value["user"] !== "string") return false;
  return value["assistant"] === undefined || typeof value["assistant"] === "string";
}
