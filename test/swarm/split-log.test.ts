/** A split log folds, with the index and without, current, stale or cut off, to what the same log in one file folds to. */
import assert from "node:assert/strict";
import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { array, assert as holds, asyncProperty, constant, nat, oneof, record as fields } from "fast-check";
import { shorten } from "../../src/core/checkpoint.ts";
import { openStore } from "../../src/store/fs-store.ts";
import { sizeOfLog } from "../../src/store/segments.ts";
import type { AgentPaths } from "../../src/store/store.ts";
import { followLog } from "../../src/swarm/follow-log.ts";
import { type Draft, type Journal, openJournal, mend, readJournal, record, rest } from "../../src/swarm/journal.ts";
import { loadPlugins, type PluginSet, translateFor } from "../../src/swarm/load-plugins.ts";
import { readAgent, readDetail, readMetaOf, type ReadTools, reload } from "../../src/swarm/reload.ts";
import { indexPath, openIndex } from "../../src/swarm/swarm-index.ts";
import { openKept } from "../../src/swarm/kept.ts";

const ID = "agent-aaaaaa";
const NOW = Date.UTC(2026, 0, 1);

let folder: string;
let plugins: PluginSet;
let count = 0;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "skep-split-"));
  plugins = await loadPlugins({ warn: () => {} });
});
after(() => rmSync(folder, { recursive: true, force: true }));

function openRoot(): ReadTools & { readonly paths: AgentPaths } {
  const root = join(folder, String((count += 1)));
  mkdirSync(root);
  const store = openStore(root);
  store.claim(ID);
  const paths = store.paths(ID);
  writeFileSync(paths.meta, JSON.stringify({ id: ID, task: "do", dir: "/", started: "2026-01-01T00:00:00Z" }));
  return { store, plugins, now: () => NOW, paths };
}

const WORDS: readonly ((text: string) => object)[] = [
  (text) => ({ type: "assistant_message", content: [{ type: "text", text }] }),
  (text) => ({ type: "stdout", text }),
  () => ({ type: "tool_call", id: "c", name: "grep" }),
  () => ({ type: "turn_start", step: 1 }),
  () => ({ type: "turn_end", step: 1, stop: "end" }),
  () => ({ type: "usage", cumulative: { input: 10, output: 3 } }),
];
const step = oneof(
  {
    weight: 12,
    arbitrary: fields({
      kind: constant("append" as const),
      words: array(nat({ max: 5 }), { minLength: 1, maxLength: 8 }),
      bytes: nat({ max: 6_000 }),
    }),
  },
  fields({ kind: constant("end" as const) }),
  fields({ kind: constant("index" as const) }),
  fields({ kind: constant("reopen" as const) }),
  fields({ kind: constant("cut" as const) }),
  fields({ kind: constant("foreign" as const), words: array(nat({ max: 5 }), { minLength: 60, maxLength: 90 }) }),
);

/** One agent's log, which is written to as a supervisor does it. */
function makeWriter(journal: Journal): (words: readonly number[], bytes: number, t: number, run?: number) => void {
  let [at, of] = [0, 1];
  return (words, size, t, run = 1) => {
    if (run !== of) [at, of] = [0, run];
    const drafts = words.map((word): Draft => {
      const text = JSON.stringify(WORDS[word]?.(`é${at} ${"x".repeat(size)}`));
      const bytes = Buffer.byteLength(text);
      at += bytes + 1;
      return { kind: "child", run, from: "out", at: at - bytes - 1, bytes, text, eol: true, output: "events" };
    });
    record(journal, drafts, t);
  };
}

/** What another supervisor's child writes, long enough to be skimmed. */
const foreignLines = (words: readonly number[], t: number): string =>
  words
    .map((word, at) => ({
      ...WORDS[word]?.(`foreign ${at} ${"z".repeat(200)}`),
      time: new Date(t + at * 300).toISOString(),
    }))
    .map((line) => `${JSON.stringify(line)}\n`)
    .join("");

async function told(tools: ReadTools): Promise<unknown> {
  const { agents, problems } = await reload(tools);
  const meta = readMetaOf(tools, ID);
  assert.ok(meta !== undefined);
  const logs = await Promise.all(
    [undefined, 20_000].map(async (tail) => {
      const seen: string[] = [];
      const follower = await followLog(tools, meta, tail);
      const snapshot = follower.next((_entry, _events, text) => void seen.push(text()));
      // What of a long log is left out depends on the index: the newest lines are the same.
      return { snapshot, seen: tail === undefined ? seen : seen.slice(-3) };
    }),
  );
  return { agents, problems, logs, detail: await readDetail(tools, ID) };
}

async function indexAll(tools: ReadTools): Promise<void> {
  const agent = await readAgent(tools, ID);
  openIndex(tools).replace(new Map(agent?.row === undefined ? [] : [[ID, agent.row]]));
}

/** The state in which a kill behind the first step of a split leaves a log. */
function cutSplit({ log, folder: own }: AgentPaths): void {
  if (!existsSync(log)) return;
  mkdirSync(join(own, "events"), { recursive: true });
  const names = readdirSync(join(own, "events")).toSorted();
  const next = String(Number((names.at(-1) ?? "0").slice(0, 6)) + 1).padStart(6, "0");
  linkSync(log, join(own, "events", `${next}.jsonl`));
}

describe("a log that is split", () => {
  test("gives the same answers as one file, whatever the index knows and wherever a split was cut off", async () => {
    let [splits, settled] = [0, 0];
    await holds(
      asyncProperty(
        nat({ max: 60_000 }),
        array(step, { minLength: 1, maxLength: 60, size: "max" }),
        async (limit, steps) => {
          const [one, many] = [openRoot(), openRoot()];
          const translate = await translateFor(plugins, "zot");
          const journals = [one, many].map(({ paths }) => openJournal(paths, translate, true));
          const [, split] = journals;
          assert.ok(split !== undefined);
          split.maxLogBytes = limit;
          const write = journals.map((journal) => makeWriter(journal));
          const reader = openJournal(many.paths, translate, false);
          let [t, run] = [NOW, 1];
          for (const action of steps) {
            t += 1_000;
            if (action.kind === "append") for (const each of write) each(action.words, action.bytes, t, run);
            if (action.kind === "end") {
              for (const journal of journals)
                record(
                  journal,
                  [{ kind: "own", type: "agent_stopped", run, fields: { run, reason: "exit", code: 0 } }],
                  t,
                );
              run += 1;
            }
            if (action.kind === "index") {
              await indexAll(many);
              if ((await openIndex(many).settled(ID)) !== undefined) settled += 1;
            }
            if (action.kind === "reopen") {
              rest(split);
              mend(split);
              assert.equal(split.position.at, sizeOfLog(many.paths.log));
            }
            if (action.kind === "foreign") {
              for (const journal of journals) rest(journal);
              for (const { paths } of [one, many]) appendFileSync(paths.log, foreignLines(action.words, t));
            }
            if (action.kind === "cut") {
              rest(split); // it is undone by the next who writes
              cutSplit(many.paths);
            }
          }
          for (const journal of [reader, ...journals]) readJournal(journal);
          assert.deepEqual(reader.state, openJournal(one.paths, translate, false).state);
          assert.deepEqual(shorten(split.state), shorten(reader.state)); // a writer keeps no whole transcript
          assert.equal(split.position.at, existsSync(one.paths.log) ? readFileSync(one.paths.log).length : 0);
          const whole = await told(one);
          assert.deepEqual(await told(many), whole);
          await indexAll(many);
          assert.deepEqual(await told(many), whole);
          rmSync(indexPath(many.store), { force: true });
          assert.deepEqual(await told(many), whole);
          for (const journal of journals) rest(journal);
          if (existsSync(join(many.paths.folder, "events"))) splits += 1;
        },
      ),
      { numRuns: 30, endOnFailure: true },
    );
    assert.ok(splits > 10 && settled > 0, `${splits} splits, ${settled} settled`);
  });

  test("is gone on with from a checkpoint, and believed by its row only while its segments are as they were", async () => {
    const tools = openRoot();
    const translate = await translateFor(plugins, "zot");
    const journal = openJournal(tools.paths, translate, true);
    journal.maxLogBytes = 40_000;
    const write = makeWriter(journal);
    for (let at = 0; at < 300; at += 1) write([0, 1, 2], 1_000, NOW + at);
    record(
      journal,
      [{ kind: "own", type: "agent_stopped", run: 1, fields: { run: 1, reason: "exit", code: 0 } }],
      NOW + 999,
    );
    rest(journal);
    await indexAll(tools);
    assert.ok((await openIndex(tools).settled(ID)) !== undefined);
    const from = await openIndex(tools).checkpoint(ID);
    assert.equal(from?.at, journal.position.at);
    const meta = readMetaOf(tools, ID);
    assert.ok(meta !== undefined);
    assert.ok((await followLog(tools, meta, 20_000)).partial, "its newest lines are read without the others");
    const kept = openKept(meta, tools.paths, translate, from, 40_000);
    write([1], 50_000, NOW + 1_000);
    const again = await readAgent(tools, ID, { index: openIndex(tools), isAlive: () => false });
    assert.ok(again !== undefined && again.folded > 50_000 && again.folded < 60_000, "only what is new is folded");
    readJournal(kept.journal);
    assert.deepEqual(kept.journal.state, { ...again.journal.state, transcript: kept.journal.state.transcript });
    await indexAll(tools);
    const segment = join(tools.paths.folder, "events/000002.jsonl");
    writeFileSync(segment, readFileSync(segment, "utf8").replaceAll("x", "y"));
    assert.equal(await openIndex(tools).settled(ID), undefined);
    rest(journal);
  });

  test("is not split while another supervisor writes to it", async () => {
    const { paths } = openRoot();
    writeFileSync(paths.log, '{"type":"agent_ready","time":"2026-01-01T00:00:00Z"}\n');
    const journal = openJournal(paths, await translateFor(plugins, "zot"), true);
    journal.maxLogBytes = 1;
    const write = makeWriter(journal);
    for (const t of [1, 2, 3]) write([0], 10, NOW + t);
    rest(journal);
    assert.ok(!existsSync(join(paths.folder, "events")));
  });
});
