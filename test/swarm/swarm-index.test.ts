/** The index is never believed against the files: whatever happened to them and to it, the answers are those of a whole fold. */
import assert from "node:assert/strict";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  type Arbitrary,
  array,
  assert as holds,
  asyncProperty,
  constant,
  double,
  nat,
  oneof,
  record,
} from "fast-check";
import type { IndexRow } from "../../src/store/index-file.ts";
import { openStore } from "../../src/store/fs-store.ts";
import { followLog } from "../../src/swarm/follow-log.ts";
import { loadPlugins } from "../../src/swarm/load-plugins.ts";
import { makeMemory } from "../../src/swarm/memory.ts";
import { readAgent, readMetaOf, type ReadTools, reload } from "../../src/swarm/reload.ts";
import { indexPath, openIndex, type Settled } from "../../src/swarm/swarm-index.ts";
import type { SwarmView } from "../../src/types.ts";
import { addForeign, formatLines, line, WORDS } from "./foreign-log.ts";

let folder: string;
let count = 0;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "skep-index-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

async function openRoot(): Promise<ReadTools> {
  const root = join(folder, String((count += 1)));
  mkdirSync(join(root, "agents"), { recursive: true });
  cpSync("test/fixtures/formats/0.1.0/agents", join(root, "agents"), { recursive: true });
  return { store: openStore(root), plugins: await loadPlugins({ warn: () => {} }), now: () => 0 };
}

/** Writes a row for every agent, as a supervisor or the reader of a large swarm does. */
async function indexAll(tools: ReadTools): Promise<void> {
  const index = openIndex(tools);
  const rows = new Map<string, IndexRow>();
  for (const id of tools.store.ids()) {
    const agent = await readAgent(tools, id).catch(() => undefined);
    if (agent?.row !== undefined) rows.set(id, agent.row);
  }
  index.replace(rows);
}

async function withoutIndex(tools: ReadTools, passesOver?: (agent: Settled) => boolean): Promise<SwarmView> {
  const path = indexPath(tools.store);
  const kept = existsSync(path) ? readFileSync(path) : undefined;
  rmSync(path, { force: true });
  const view = await reload(tools, passesOver);
  if (kept !== undefined) writeFileSync(path, kept);
  return view;
}

const change = oneof(
  record({ kind: constant("append" as const), agent: nat({ max: 4 }), line }),
  record({ kind: constant("torn" as const), agent: nat({ max: 4 }), line }),
  record({
    kind: constant("truncate" as const),
    agent: nat({ max: 4 }),
    part: double({ min: 0, max: 1, noNaN: true }),
  }),
  record({ kind: constant("rewrite" as const), agent: nat({ max: 4 }), line }),
  record({ kind: constant("meta" as const), agent: nat({ max: 4 }), line }),
  record({ kind: constant("remove" as const), agent: nat({ max: 4 }) }),
  record({ kind: constant("spawn" as const), agent: nat({ max: 4 }), line }),
  record({ kind: constant("late" as const), line }),
  record({ kind: constant("index" as const) }),
);

type Change = typeof change extends Arbitrary<infer T> ? T : never;

async function make(tools: ReadTools, step: Change): Promise<void> {
  if (step.kind === "index") return indexAll(tools);
  const [text = ""] = "line" in step ? formatLines([step.line]) : [];
  if (step.kind === "late")
    return appendFileSync(join(tools.store.paths("gold-q7gu4i").folder, "runs/000001/out"), `${text}\n`);
  const id = `zot-${step.agent}`;
  const { log, meta, folder: home } = tools.store.paths(id);
  const there = existsSync(log);
  if (step.kind === "spawn") return addForeign(tools, id, [text]);
  if (!there) return;
  if (step.kind === "append") appendFileSync(log, `${text}\n`);
  if (step.kind === "torn") appendFileSync(log, text.slice(0, text.length / 2));
  if (step.kind === "truncate") truncateSync(log, Math.floor(readFileSync(log).length * step.part));
  if (step.kind === "rewrite") writeFileSync(log, `${text}\n`.repeat(3));
  if (step.kind === "meta") writeFileSync(meta, JSON.stringify({ id, task: step.line.text, dir: "/", started: "" }));
  if (step.kind === "remove") rmSync(home, { recursive: true });
}

describe("the index", () => {
  test("tells what a whole fold tells, whatever others wrote, cut off or removed meanwhile", async () => {
    await holds(
      asyncProperty(
        array(array(line, { maxLength: 60 }), { minLength: 1, maxLength: 4 }),
        array(change, { minLength: 1, maxLength: 8 }),
        async (agents, changes) => {
          const tools = await openRoot();
          for (const [at, lines] of agents.entries()) addForeign(tools, `zot-${at}`, formatLines(lines));
          await indexAll(tools);
          const memory = makeMemory(tools);
          for (const step of changes) {
            await make(tools, step);
            assert.deepEqual(await reload(tools), await withoutIndex(tools));
            assert.deepEqual(await reload(tools, undefined, memory), await withoutIndex(tools));
          }
          const old = ({ ended }: Settled): boolean => ended < Date.UTC(2026, 0, 1, 0, 0, 10);
          assert.deepEqual(await reload(tools, old), await withoutIndex(tools, old));
        },
      ),
      { numRuns: 60 },
    );
  });

  test("goes on from where a long log was folded, and not when that part of it is another one by now", async () => {
    const tools = await openRoot();
    const lines = formatLines(
      Array.from({ length: 900 }, (_, at) => ({ word: at % 9, text: "x".repeat(100), gap: 300 })),
    );
    addForeign(tools, "zot-long", lines);
    await indexAll(tools);
    const { log } = tools.store.paths("zot-long");
    appendFileSync(log, `${JSON.stringify(WORDS[0]?.("2026-02-01T00:00:00Z", "and more"))}\n`);
    const index = openIndex(tools);
    assert.equal(await index.settled("zot-long"), undefined);
    assert.ok((await index.checkpoint("zot-long")) !== undefined);
    const agent = await readAgent(tools, "zot-long", { index, isAlive: () => false });
    assert.ok(agent !== undefined && agent.folded < 1_000);
    assert.deepEqual(await reload(tools), await withoutIndex(tools));
    writeFileSync(log, [...lines.map((one) => one.replaceAll("x", "y")), ...lines, ""].join("\n"));
    assert.equal(await openIndex(tools).checkpoint("zot-long"), undefined);
    assert.deepEqual(await reload(tools), await withoutIndex(tools));
  });

  test("lets the newest entries of a long log be read without the others, each once", async () => {
    const tools = await openRoot();
    const lines = formatLines(
      Array.from({ length: 4_000 }, (_, at) => ({ word: at % 9, text: `line ${at}`, gap: 100 })),
    );
    addForeign(tools, "zot-long", [...lines, ...lines.slice(-1), ...lines.slice(-1)]); // the last one is told three times
    await indexAll(tools);
    const { log } = tools.store.paths("zot-long");
    for (const more of ["", `${JSON.stringify(WORDS[1]?.("2026-02-01T00:00:00Z", "behind the checkpoint"))}\n`]) {
      appendFileSync(log, more);
      const meta = readMetaOf(tools, "zot-long");
      assert.ok(meta !== undefined);
      const read = async (tail?: number): Promise<{ seen: unknown[]; partial: boolean; status: string }> => {
        const follower = await followLog(tools, meta, tail);
        const seen: unknown[] = [];
        const { status } = follower.next((entry, events) => seen.push([entry, events]));
        return { seen, partial: follower.partial, status };
      };
      const [whole, tail] = [await read(), await read(8 * 1024)];
      assert.deepEqual([whole.partial, tail.partial, tail.status], [false, true, whole.status]);
      assert.ok(tail.seen.length > 20 && tail.seen.length < 200);
      assert.deepEqual(tail.seen, whole.seen.slice(-tail.seen.length));
    }
  });

  test("is passed over where it is damaged or of another format, and made anew", async () => {
    const tools = await openRoot();
    addForeign(tools, "zot-0", formatLines([{ word: 0, text: "hello", gap: 0 }]));
    await indexAll(tools);
    const path = indexPath(tools.store);
    const whole = readFileSync(path);
    const view = await withoutIndex(tools);
    assert.ok((await openIndex(tools).settled("zot-0")) !== undefined);
    for (let at = 0; at < whole.length; at += 7) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 0x15;
      for (const bytes of [damaged, whole.subarray(0, at), Buffer.concat([whole, whole.subarray(0, at)])]) {
        writeFileSync(path, bytes);
        assert.deepEqual(await reload(tools), view);
      }
    }
    writeFileSync(path, whole.toString("latin1").replace("skep-index 2", "skep-index 9"), "latin1");
    assert.equal(await openIndex(tools).settled("zot-0"), undefined);
  });

  test("is not believed under other handlers", async () => {
    const tools = await openRoot();
    addForeign(tools, "zot-0", formatLines([{ word: 0, text: "hello", gap: 0 }]));
    await indexAll(tools);
    const plugins = await loadPlugins({
      warn: () => {},
      plugins: [
        {
          name: "loud",
          version: "1.0.0",
          api: 1,
          handlers: [
            { name: "loud", runner: "zot", handle: () => [{ kind: "message", role: "assistant", text: "HELLO" }] },
          ],
        },
      ],
    });
    const { agents } = await reload({ ...tools, plugins });
    assert.deepEqual(agents.find(({ id }) => id === "zot-0")?.tail, ["HELLO"]);
    assert.ok((await openIndex(tools).settled("zot-0")) !== undefined);
  });

  test("lets a message that only an inbox knows be seen by the next supervisor", async () => {
    const tools = await openRoot();
    await indexAll(tools);
    const [id = ""] = tools.store.ids();
    assert.ok((await openIndex(tools).settled(id)) !== undefined);
    const message = { id: "m-cut", time: "2026-01-01T00:00:00Z", text: "hello" };
    appendFileSync(tools.store.paths(id).inbox, `${JSON.stringify(message)}\n`);
    assert.equal(await openIndex(tools).settled(id), undefined);
    await indexAll(tools);
    assert.equal(await openIndex(tools).settled(id), undefined);
  });
});
