/** skep's own plugins keep the contracts that strangers' are asked for. */
import { readdirSync } from "node:fs";
import acp from "../../plugins/acp/index.ts";
import claude from "../../plugins/claude/index.ts";
import codexApp from "../../plugins/codex-app/index.ts";
import codex from "../../plugins/codex/index.ts";
import demo from "../../plugins/demo/index.ts";
import exec from "../../plugins/exec/index.ts";
import gemini from "../../plugins/gemini/index.ts";
import json from "../../plugins/json/index.ts";
import ndjson from "../../plugins/ndjson/index.ts";
import opencode from "../../plugins/opencode/index.ts";
import output from "../../plugins/output/index.ts";
import table from "../../plugins/table/index.ts";
import zot from "../../plugins/zot/index.ts";
import { testPlugin } from "../../src/testing.ts";
import { TRANSCRIPTS } from "../handlers/transcripts.ts";

const ZOT = ["two-turns", "cancelled", "failed", "resumed"].map((name) => `test/fixtures/zot/${name}.jsonl`);

const FOLDER = "test/fixtures/transcripts";
const captured = (agent: string): string[] =>
  readdirSync(`${FOLDER}/${agent}`).flatMap((name) => (name.endsWith(".jsonl") ? [`${FOLDER}/${agent}/${name}`] : []));

await testPlugin(claude, { runners: { claude: { transcripts: captured("claude") } } });
await testPlugin(codex, {
  runners: { codex: { transcripts: captured("codex").filter((path) => !path.includes("app-server")) } },
});
await testPlugin(opencode, {
  runners: { opencode: { transcripts: captured("opencode"), options: { approve: "never" } } },
});
await testPlugin(gemini, { runners: { gemini: { transcripts: captured("gemini"), options: { approve: "never" } } } });
/** What an agent said of a dialogue, skep's lines left out. */
const heard = (prefix: string): (readonly string[])[] =>
  TRANSCRIPTS.filter(({ name }) => name.startsWith(prefix)).flatMap(({ runs }) => runs.map(({ lines }) => lines));
await testPlugin(acp, { runners: { acp: { args: ["opencode", "acp"], transcripts: heard("acp/") } } });
await testPlugin(codexApp, { runners: { "codex-app": { transcripts: heard("codex/app-server") } } });
await testPlugin(zot, { runners: { zot: { transcripts: ZOT } } });
await testPlugin(demo, { runners: { demo: { transcripts: ZOT } } });
await testPlugin(output, { runners: { exec: { transcripts: [["plain", "", '{"type":"turn_start"}', "\ttext\r"]] } } });
// What a command prints means nothing to the handler unless it is run with --jsonl: that is zot's test.
await testPlugin({ ...exec, handlers: [] }, { runners: { exec: { args: ["make", "test"], ignoresTask: true } } });
for (const plugin of [table, json, ndjson]) await testPlugin(plugin);
