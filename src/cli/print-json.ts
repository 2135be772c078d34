import { escapeForTerminal } from "../core/sanitize.ts";
import type { Output } from "./output.ts";
import { isTerminal } from "./standard-streams.ts";

/** One value: indented, since people read it too. What a terminal could take for a command is escaped there. */
export const printJson = (output: Output, value: unknown): Promise<void> =>
  output.write(`${forStdout(JSON.stringify(value, undefined, 2))}\n`);

/** Each value on a line of its own. */
export const printJsonLines = (output: Output, values: readonly unknown[]): Promise<void> =>
  output.write(values.map((value) => `${forStdout(JSON.stringify(value))}\n`).join(""));

const forStdout = (json: string): string => (isTerminal(1) ? escapeForTerminal(json) : json);
