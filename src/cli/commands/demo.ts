import type { Command } from "../command.ts";
export const demo: Command = { async run() {} };
