import { appendFileSync, writeSync } from "node:fs";

export interface Output {
  write(output: string | Uint8Array): void;
  emit(type: string, fields: Readonly<Record<string, unknown>>): void;
}

/** Writes to stdout; from the first write that fails on, to the mirror instead, as zot does when nobody reads it. */
export function openOutput(mirror: string | undefined): Output {
  let broken = false;
  const write = (output: string | Uint8Array): void => {
    const bytes = typeof output === "string" ? new TextEncoder().encode(output) : output;
    if (!broken) {
      try {
        writeAll(bytes);
        return;
      } catch {
        broken = true; // a full disk, a closed pipe: the mirror is what is left
      }
    }
    if (mirror !== undefined) appendFileSync(mirror, bytes, { mode: 0o600 });
  };
  return { write, emit: (type, fields) => write(formatEvent(type, fields)) };
}

/** Synchronous, so that nothing is lost when the process ends. */
function writeAll(bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) done += writeSync(1, bytes, done, bytes.length - done);
}

export function formatEvent(type: string, fields: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify({ type, time: new Date().toISOString(), ...fields })}\n`;
}
