/** Prints what agents say: harmless on a terminal, untouched in a pipe. */
import { sanitize } from "../core/sanitize.ts";
import type { Output } from "./output.ts";
import { isTerminal } from "./standard-streams.ts";

/** An answer, whole and with one newline at its end. */
export const printAnswer = (output: Output, answer: string): Promise<void> =>
  output.write(`${(isTerminal(1) ? sanitize(answer) : answer).trimEnd()}\n`);

/** The output of a command, piece by piece; a piece may end within a character. */
export function printOutput(output: Output): (bytes: Uint8Array) => Promise<void> {
  if (!isTerminal(1)) return (bytes) => output.write(bytes);
  const decoder = new TextDecoder();
  return (bytes) => output.write(decoder.decode(bytes, { stream: true }));
}
