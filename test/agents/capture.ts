/**
 * `unshare -rn sh -c 'ip link set lo up && bun test/agents/capture.ts <name>…'`: captures transcripts of captures.ts anew,
 * with the loopback network only. The programs are those that `npm run test:agents` installed. What is captured is scrubbed;
 * its entry in index.json is made; its state is to be pinned, and read.
 */
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, resolve } from "node:path";
import * as v from "valibot";
import { openBench } from "./bench.ts";
import { CAPTURES, type Capture } from "./captures.ts";

const FOLDER = "test/fixtures/transcripts";
const INDEX = `${FOLDER}/index.json`;
const Ended = v.object({ agent: v.object({ exit_code: v.optional(v.number()) }) });
const Index = v.array(v.looseObject({ file: v.string() }));

const wanted = process.argv.slice(2);
for (const one of CAPTURES.filter(({ name }) => wanted.some((part) => name.startsWith(part)))) await capture(one);

async function capture({
  name,
  agent,
  task,
  flags = agent.flags ?? [],
  args = agent.args ?? [],
  prepare,
}: Capture): Promise<void> {
  const file = `${name}.jsonl`;
  const out = resolve(FOLDER, file);
  const bench = await openBench(agent);
  try {
    prepare?.(bench.work);
    rmSync(out, { force: true });
    const after = args.length === 0 ? [] : ["--", ...args];
    const ran = await bench.skep("plugins", "record", agent.runner, "--json", "--out", out, ...flags, task, ...after);
    assert.equal(ran.code, 0, ran.stdout + ran.stderr);
    // claude tells of a socket that is named after its process.
    const text = readFileSync(out, "utf8")
      .replaceAll(`${dirname(bench.work)}/run`, "/tmp")
      .replaceAll(/(?<=cc-socks\/)\d+/g, "1")
      .replaceAll(`"serverName":"${hostname()}"`, '"serverName":"host"'); // codex's; a short name is not scrubbed
    writeFileSync(out, text);
    const { exit_code: exit = null } = v.parse(Ended, JSON.parse(ran.stdout)).agent;
    enter({ file, exit, lines: text.split("\n").length - 1, bytes: Buffer.byteLength(text) });
    console.log(`${name}: ${exit}`);
  } finally {
    await bench.close();
  }
}

/** In the place of an earlier one, else behind the others of its agent. */
function enter(entry: { readonly file: string } & Record<string, unknown>): void {
  const index = v.parse(Index, JSON.parse(readFileSync(INDEX, "utf8")));
  const at = index.findIndex(({ file }) => file === entry.file);
  const agent = entry.file.replace(/\/.*/, "/");
  if (at === -1) index.splice(index.findLastIndex(({ file }) => file.startsWith(agent)) + 1, 0, entry);
  else index[at] = entry;
  const rows = index.map((row) => ` ${JSON.stringify(row).replaceAll(/(":|,)(?=["\dn])/g, "$1 ")}`);
  writeFileSync(INDEX, `[\n${rows.join(",\n")}\n]\n`);
}
