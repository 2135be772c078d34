import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { until } from "../sandbox.ts";
import { openSupervised, seeded, type Supervised } from "./supervised.ts";

const KILLS = 40;

/** A line of a child, by its place in the file it was written to. */
interface Written {
  readonly at: number;
  readonly bytes: Buffer;
  readonly eol: boolean;
}
function linesOf(path: string): Written[] {
  const file = readFileSync(path);
  const lines: Written[] = [];
  for (let at = 0; at < file.length;) {
    const end = file.indexOf(10, at);
    const bytes = file.subarray(at, end === -1 ? file.length : end);
    if (bytes.toString("utf8").trim() !== "") lines.push({ at, bytes, eol: end !== -1 });
    at += bytes.length + 1;
  }
  return lines;
}

interface Stamp {
  readonly seq: number;
  readonly run: number;
  readonly out: number;
  readonly err: number;
  readonly from?: "out" | "err";
  readonly at?: number;
  readonly eol?: boolean;
}
interface Kept {
  readonly text: string;
  readonly data: { readonly type: string; readonly time: string; readonly text?: string };
  readonly stamp: Stamp;
}
/** The files of a log, in order. */
function filesOf(folder: string): readonly string[] {
  const segments = join(folder, "events");
  const names = existsSync(segments) ? readdirSync(segments).toSorted() : [];
  return [...names.map((name) => join(segments, name)), join(folder, "events.jsonl")];
}

/** Whole lines of a log; what a kill tore is ended by the next supervisor, and none of these. */
const entriesOf = (folder: string): Kept[] =>
  filesOf(folder)
    .flatMap((path) => readFileSync(path, "utf8").split("\n"))
    .flatMap((text) => {
      try {
        const data = JSON.parse(text) as Kept["data"] & { skep: Stamp };
        return [{ text, data, stamp: data.skep }];
      } catch {
        return [];
      }
    });

/** Where the file was read up to, behind each line: never back, and never past what was taken in. */
function checkOffsets(entries: readonly Kept[], from: "out" | "err", lines: readonly Written[]): void {
  let next = 0;
  let cursor = 0;
  for (const { stamp } of entries) {
    assert.ok(stamp[from] >= cursor);
    cursor = stamp[from];
    if (stamp.from !== from) continue;
    const line = lines[next];
    next += 1;
    assert.deepEqual(
      [stamp.at, stamp.eol ?? true, stamp[from]],
      [line?.at, line?.eol, (line?.at ?? 0) + (line?.bytes.length ?? 0) + (line?.eol === true ? 1 : 0)],
    );
  }
  assert.equal(next, lines.length);
}

function checkBytes(entry: Kept, line: Written): void {
  const text = line.bytes.toString("utf8");
  if (entry.data.type !== "stdout" && entry.data.type !== "stderr") {
    assert.ok(entry.text.includes(text.trim().slice(1, -1)), text);
    assert.equal(entry.data.time, "2026-01-01T00:00:00Z");
  } else assert.equal(entry.data.text, text.replace(/\r$/, ""));
}

for (const [splits, config] of [
  ["", {}],
  [", and splits the logs", { retain: { max_log_bytes: 65_536 } }],
] as const)
  describe(`a supervisor that is killed again and again${splits}`, () => {
    let kept: Supervised;
    let home: string;
    before(async () => {
      home = mkdtempSync(join(tmpdir(), "skep-kills-"));
      writeFileSync(join(home, "config.json"), JSON.stringify(config));
      kept = await openSupervised({ env: { ...process.env, SKEP_CONFIG: join(home, "config.json") } });
    });
    after(async () => {
      await kept.close();
      rmSync(home, { recursive: true, force: true });
    });

    test("loses no line of its children, has none twice, and keeps their order and their bytes", async () => {
      const stop = join(kept.folder, "stop");
      const next = seeded(20_261_123);
      await kept.start();
      const ids: string[] = [];
      for (const seed of ["1", "2", "3", "4"]) {
        const args = ["node", resolve("test/fixtures/children/scatter.mjs"), stop, seed];
        ids.push(await kept.spawn({ args, options: Number(seed) % 2 === 0 ? { jsonl: true } : {} }));
      }
      for (let kills = 0; kills < KILLS; kills += 1) {
        const later = Date.now() + next() * 220; // it is up after about 100
        await until(Date.now, (now) => now >= later);
        await kept.kill();
        kept.launch();
      }
      writeFileSync(stop, "");
      await until(() => ids.every((id) => existsSync(join(kept.folderOf(id), "runs/000001/exit"))), Boolean);
      let total = 0;
      for (const id of ids) {
        const live = await kept.reaches(id, ({ phase }) => phase === "ended");
        const folder = kept.folderOf(id);
        const entries = entriesOf(folder);
        assert.equal(filesOf(folder).length > 2, splits !== "", folder);
        assert.deepEqual(
          entries.map(({ stamp }) => stamp.seq),
          entries.map((_, at) => at + 1),
        );
        for (const from of ["out", "err"] as const) {
          const lines = linesOf(join(folder, "runs/000001", from));
          checkOffsets(entries, from, lines);
          entries
            .filter(({ stamp }) => stamp.from === from)
            .forEach((entry, at) => checkBytes(entry, lines[at] as Written));
          total += lines.length;
        }
        const { runs: _runs, messages: _messages, ...snapshot } = live;
        assert.deepEqual((await kept.read(id)).snapshot, snapshot);
        assert.equal(live.status, "done");
      }
      assert.ok(total > 4_000, `only ${total} lines`);
    });
  });
