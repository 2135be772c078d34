/** docs/cli.md is made from the table of verbs: `UPDATE=1 bun test test/docs.test.ts` writes it. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { COMMANDS } from "../src/cli/command-table.ts";
import { fullHelp, verbHelp } from "../src/cli/help.ts";
import { GLOBAL_FLAGS } from "../src/cli/flags.ts";

const PATH = "docs/cli.md";
const block = (text: string): string => `\`\`\`text\n${text}\`\`\`\n`;
const page = [
  "# The command line\n\nMade from the program's own help.\n",
  block(fullHelp(COMMANDS, GLOBAL_FLAGS)),
  ...COMMANDS.map((command) => `## ${command.name}\n\n${block(verbHelp(command, []))}`),
].join("\n");

if (process.env["UPDATE"] === "1") writeFileSync(PATH, page);

test("docs/cli.md says what the program's help says", () => {
  assert.equal(readFileSync(PATH, "utf8"), page);
});
