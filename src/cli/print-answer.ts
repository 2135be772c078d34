/** Prints what agents say: harmless on a terminal, untouched in a pipe. */
import { sanitize } from "../core/sanitize.ts";
import type { Output } from "./output.ts";

/** An answer, whole and with one newline at its end. */
export const printAnswer = (output: Output, answer: string): Promise<void> =>
  output.write(`${(process.stdout.isTTY ? sanitize(answer) : answer).trimEnd()}\n`);

/** The output of a command, piece by piece; a piece may end within a character. */
export function printOutput(output: Output): (bytes: Uint8Array) => Promise<void> {
  if (!process.stdout.isTTY) return (bytes) => output.write(bytes);
  const decoder = new TextDecoder();
  return (bytes) => output.write(decoder.decode(bytes, { stream: true }));
}
