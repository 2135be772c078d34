/** Every plugin that docs/plugins.md shows keeps its contracts. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { loadPluginFile } from "../../src/swarm/load-plugin-file.ts";
import { type PluginContract, pluginChecks } from "../../src/testing/plugin-contract.ts";
import { HOSTILE_TEXTS } from "../../src/testing/hostile.ts";
import { assertFails } from "./broken.ts";

const PAGE = readFileSync("docs/plugins.md", "utf8");
const BLOCKS = new Map(
  [...PAGE.matchAll(/^```js\n\/\/ ([\w-]+\.mjs)\b([^]*?)^```$/gm)].map(([, name = "", code = ""]) => [
    name,
    `//${code}`,
  ]),
);

const GEMINI = "test/fixtures/transcripts/gemini";
const CONTRACTS: Readonly<Record<string, PluginContract>> = {
  "greet.mjs": {},
  "talker.mjs": {},
  "rpc.mjs": {
    runners: { rpc: { transcripts: [['{"id":"open:1","result":"s-1"}', '{"id":"prompt:1","result":"hello"}']] } },
  },
  "todo.mjs": { runners: { zot: { transcripts: [['{"type":"todo_list","items":[{"done":true},{}]}']] } } },
  "waits.mjs": {},
  "nice.mjs": {},
  "gemini.mjs": {
    runners: { gemini: { transcripts: ["first", "resume", "error"].map((name) => `${GEMINI}/${name}.jsonl`) } },
  },
};

test("every plugin on the page is known here", () => assert.deepEqual([...BLOCKS.keys()], Object.keys(CONTRACTS)));

for (const [name, code] of BLOCKS) {
  test(`${name} of the page keeps its contracts`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "skep-page-"));
    try {
      writeFileSync(join(folder, name), code);
      const { plugin } = await loadPluginFile({ path: join(folder, name), from: "flag" }, assert.fail);
      const checked = await pluginChecks(plugin, CONTRACTS[name] ?? {});
      await assertFails(
        checked.flatMap(([, checks]) => checks),
        [],
        /^$/,
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

test("the page counts the hostile texts right", () =>
  assert.ok(PAGE.includes(`${HOSTILE_TEXTS.length} hostile texts`)));
