/** What is said to an agent, as an entry of the log keeps it and as zot's inbox takes it. */
import * as v from "valibot";
import type { Command } from "../types.ts";

const schema: v.GenericSchema<unknown, Command> = v.variant("kind", [
  v.object({ kind: v.literal("user"), id: v.string(), text: v.string() }),
  v.object({ kind: v.literal("cancel") }),
  v.object({ kind: v.literal("shutdown") }),
  v.object({ kind: v.literal("answer"), request: v.string(), allow: v.boolean(), reason: v.exactOptional(v.string()) }),
]);

/** Reads a command back from a `said` entry; `undefined` for anything else. */
export function parseCommand(value: unknown): Command | undefined {
  const parsed = v.safeParse(schema, value);
  return parsed.success ? parsed.output : undefined;
}
