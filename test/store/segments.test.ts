/** A log that was split reads as the one file that it would have been. */
import assert from "node:assert/strict";
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { array, assert as holds, nat, property, string, tuple } from "fast-check";
import { formatOwn, START } from "../../src/core/entry.ts";
import { lastStamp, openLog, readLog } from "../../src/store/event-log.ts";
import { readLogAt, sizeOfLog } from "../../src/store/segments.ts";

const folder = mkdtempSync(join(tmpdir(), "skep-segments-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
function newLog(): string {
  const own = join(folder, String((count += 1)));
  mkdirSync(own);
  return join(own, "events.jsonl");
}
const segmentsOf = (log: string): readonly string[] => {
  const at = join(log, "..", "events");
  return existsSync(at)
    ? readdirSync(at)
        .toSorted()
        .map((name) => join(at, name))
    : [];
};
const line = (seq: number, text = ""): string =>
  `${formatOwn("said", { text }, { seq, run: 1, t: 1_700_000_000_000, cursor: START })}\n`;

function read(
  log: string,
  position = { at: 0, scanned: 0 },
): { readonly texts: readonly string[]; readonly skipped: number } {
  const texts: string[] = [];
  let skipped = 0;
  readLog(log, position, { entry: (_line, text) => void texts.push(text), skipped: () => void (skipped += 1) });
  return { texts, skipped };
}

describe("a log that was split", () => {
  test("reads as one, from anywhere in it, while it grows and after it was opened anew", () => {
    holds(
      property(
        array(
          tuple(array(string({ maxLength: 60, unit: "grapheme" }), { minLength: 1, maxLength: 4 }), nat({ max: 9 })),
          {
            minLength: 1,
            maxLength: 30,
          },
        ),
        nat({ max: 900 }),
        (batches, limit) => {
          const log = newLog();
          let writer = openLog(log);
          let [whole, seq] = ["", 0];
          const follower = { at: 0, scanned: 0 };
          const followed: string[] = [];
          for (const [texts, chance] of batches) {
            const lines = texts.map((text) => line((seq += 1), text)).join("");
            whole += lines;
            assert.equal(writer.append(lines, limit), Buffer.byteLength(whole));
            if (chance > 3) followed.push(...read(log, follower).texts);
            if (chance === 0) {
              writer.close();
              writer = openLog(log);
            }
          }
          writer.close();
          followed.push(...read(log, follower).texts);
          const bytes = Buffer.from(whole);
          const texts = whole.trimEnd().split("\n");
          assert.deepEqual(read(log), { texts, skipped: 0 });
          assert.deepEqual(followed, texts);
          assert.equal(sizeOfLog(log), bytes.length);
          assert.equal(lastStamp(log)?.seq, seq);
          assert.equal([...segmentsOf(log), log].map((path) => readFileSync(path, "utf8")).join(""), whole);
          for (let at = 0; at <= bytes.length; at += 37) {
            assert.ok(readLogAt(log, at, 64).equals(bytes.subarray(at, at + 64)));
            const start = bytes.indexOf(10, at) + 1; // a line's beginning, or 0 behind the last
            const rest = bytes.toString("utf8", start).trimEnd();
            if (start > 0)
              assert.deepEqual(read(log, { at: start, scanned: start }).texts, rest === "" ? [] : rest.split("\n"));
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  test("has private files, a limit that each but a long batch keeps, and no split without a limit", () => {
    const log = newLog();
    const writer = openLog(log);
    const [one] = [line(1).length];
    for (let seq = 1; seq <= 10; seq += 1) writer.append(line(seq % 10), 3 * one);
    for (const path of [...segmentsOf(log), log]) {
      assert.ok(statSync(path).size <= 3 * one);
      assert.equal(statSync(path).mode & 0o777, 0o600);
    }
    assert.deepEqual(
      segmentsOf(log).map((path) => path.slice(-12)),
      ["000001.jsonl", "000002.jsonl", "000003.jsonl"],
    );
    for (let seq = 1; seq <= 10; seq += 1) writer.append(line(seq));
    writer.close();
    assert.equal(segmentsOf(log).length, 3);
  });

  test("counts a file that has both names once, and its writer takes the second one away", () => {
    const log = newLog();
    const writer = openLog(log);
    for (const seq of [1, 2, 3]) writer.append(line(seq), 1);
    writer.close();
    linkSync(log, join(log, "../events/000003.jsonl")); // a kill behind the first step of a split
    writeFileSync(`${log}.1.tmp`, line(4).slice(0, 20));
    const texts = [1, 2, 3].map((seq) => line(seq).trimEnd());
    assert.deepEqual(read(log), { texts, skipped: 0 });
    assert.equal(sizeOfLog(log), texts.join("\n").length + 1);
    const next = openLog(log);
    assert.deepEqual(readdirSync(join(log, "..")).toSorted(), ["events", "events.jsonl"]);
    assert.equal(segmentsOf(log).length, 2);
    assert.equal(next.append(line(4), 1), sizeOfLog(log));
    next.close();
    assert.deepEqual(read(log).texts, [...texts, line(4).trimEnd()]);
  });

  test("goes on without its first segments, without events.jsonl, and with a torn end in a segment", () => {
    const log = newLog();
    const writer = openLog(log);
    for (const seq of [1, 2, 3, 4]) writer.append(line(seq), 1);
    writer.close();
    const [first = "", second = ""] = segmentsOf(log);
    writeFileSync(second, line(2) + line(9).slice(0, 30));
    assert.deepEqual(read(log), { texts: [1, 2, 3, 4].map((seq) => line(seq).trimEnd()), skipped: 1 });
    writeFileSync(second, line(2).trimEnd());
    rmSync(first);
    assert.deepEqual(read(log), { texts: [2, 3, 4].map((seq) => line(seq).trimEnd()), skipped: 0 });
    const next = openLog(log);
    next.append(line(5), 1);
    next.close();
    assert.deepEqual(
      read(log).texts,
      [2, 3, 4, 5].map((seq) => line(seq).trimEnd()),
    );
    rmSync(log);
    assert.deepEqual(
      read(log).texts,
      [2, 3, 4].map((seq) => line(seq).trimEnd()),
    );
    assert.equal(lastStamp(log)?.seq, 4);
  });

  test("is one long file where the folder of the segments cannot be had, and no link is followed", () => {
    const log = newLog();
    const outside = join(folder, "outside");
    mkdirSync(outside);
    const writer = openLog(log);
    writer.append(line(1), 1);
    writeFileSync(join(log, "../events"), "a file");
    writer.append(line(2), 1);
    rmSync(join(log, "../events"));
    writer.append(line(3), 1);
    writer.close();
    assert.deepEqual(
      read(log).texts,
      [1, 2, 3].map((seq) => line(seq).trimEnd()),
    );
    assert.deepEqual(segmentsOf(log), []);
    symlinkSync(outside, join(log, "../events"));
    assert.throws(() => read(log), { code: "corrupt" });
    assert.deepEqual(readdirSync(outside), []);
  });
});
