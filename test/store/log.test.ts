import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { array, assert as always, property, uint8Array } from "fast-check";
import { formatOwn, type Stamp } from "../../src/core/entry.ts";
import { close, openRead } from "../../src/disk.ts";
import { lastStamp, openLog, readLog } from "../../src/store/event-log.ts";
import { openStore, readMeta } from "../../src/store/fs-store.ts";
import { appendInbox, readInbox } from "../../src/store/inbox-log.ts";
import { readLines } from "../../src/store/lines.ts";

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "skep-store-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const stamp = (seq: number): Stamp => ({ seq, run: 1, t: 1_795_451_371_000, cursor: { out: seq, err: 0, mirror: 0 } });
const own = (seq: number): string => `${formatOwn("message_queued", { message: `m-${seq}` }, stamp(seq))}\n`;

interface Read {
  readonly types: string[];
  readonly skipped: number;
}
function read(path: string, ended = true): Read {
  const types: string[] = [];
  let skipped = 0;
  readLog(
    path,
    { at: 0, scanned: 0 },
    { entry: ({ entry }) => types.push(entry.type), skipped: () => (skipped += 1) },
    ended,
  );
  return { types, skipped };
}

describe("lines of a file", () => {
  test("are the same as those of a plain split, however the bytes fall", () => {
    const path = join(folder, "lines");
    always(
      property(array(uint8Array({ maxLength: 60 }), { maxLength: 30 }), (parts) => {
        writeFileSync(path, "");
        const position = { at: 0, scanned: 0 };
        const seen: string[] = [];
        for (const part of parts) {
          appendFileSync(path, part);
          const fd = openRead(path);
          assert.ok(fd !== undefined);
          readLines(fd, position, { limit: 1_000 }, ({ text }) => seen.push(text ?? "too long"));
          close(fd);
        }
        const bytes = Buffer.concat(parts);
        const whole: string[] = [];
        for (let start = 0, end = bytes.indexOf(10); end !== -1; start = end + 1, end = bytes.indexOf(10, start)) {
          whole.push(bytes.toString("utf8", start, end));
        }
        assert.deepEqual(seen, whole);
      }),
    );
  });

  test("longer than a chunk are whole, longer than the limit are told without their text, and the rest on demand", () => {
    const path = join(folder, "long");
    const long = "é".repeat(400_000);
    writeFileSync(path, `a\n${long}\n${"x".repeat(2_000_000)}\nrest`);
    const fd = openRead(path);
    assert.ok(fd !== undefined);
    const seen: [number, string | undefined, boolean][] = [];
    const position = { at: 0, scanned: 0 };
    const visit = ({ bytes, text, eol }: { bytes: number; text: string | undefined; eol: boolean }): void =>
      void seen.push([bytes, text, eol]);
    readLines(fd, position, { limit: 1_000_000 }, visit);
    readLines(fd, position, { limit: 1_000_000, rest: true }, visit);
    close(fd);
    assert.deepEqual(seen, [
      [1, "a", true],
      [800_000, long, true],
      [2_000_000, undefined, true],
      [4, "rest", false],
    ]);
  });

  test("stop at the budget and go on from there", () => {
    const path = join(folder, "budget");
    writeFileSync(path, "0123456\n".repeat(200_000));
    const fd = openRead(path);
    assert.ok(fd !== undefined);
    const position = { at: 0, scanned: 0 };
    let count = 0;
    let looks = 0;
    while (readLines(fd, position, { limit: 100, budget: 300_000 }, () => (count += 1))) looks += 1;
    close(fd);
    assert.equal(count, 200_000);
    assert.ok(looks >= 3);
  });
});

describe("events.jsonl", () => {
  test("is read whatever stands in it, and never changed by that", () => {
    const path = join(folder, "events-1");
    writeFileSync(path, `\ufeff${own(1)}\nnot JSON\n{"no":"type"}\n\n${own(2)}\0\0\0\n${own(3).trimEnd()}`);
    const before = readFileSync(path);
    assert.deepEqual(read(path), { types: ["message_queued", "message_queued", "message_queued"], skipped: 3 });
    assert.deepEqual(read(path, false).types.length, 2);
    assert.deepEqual(readFileSync(path), before);
    assert.deepEqual(read(join(folder, "missing")), { types: [], skipped: 0 });
  });

  test("has a torn end closed with a newline by its writer, and loses nothing", () => {
    const path = join(folder, "events-2");
    const torn = own(2).slice(0, 40);
    writeFileSync(path, own(1) + torn);
    const log = openLog(path);
    log.append(own(2));
    assert.equal(log.append(own(3)), statSync(path).size);
    log.close();
    assert.equal(readFileSync(path, "utf8"), `${own(1)}${torn}\n${own(2)}${own(3)}`);
    assert.deepEqual(read(path), { types: Array(3).fill("message_queued"), skipped: 1 });
  });

  test("has what was appended byte for byte, however long it is", () => {
    const path = join(folder, "events-long");
    const log = openLog(path);
    const parts = ["é".repeat(300_000), "short ✓", "x".repeat(600_000), "y".repeat(512 * 1024 - 1), "😀"];
    for (const part of parts) log.append(`${part}\n`);
    log.close();
    assert.ok(readFileSync(path, "utf8") === parts.map((part) => `${part}\n`).join(""));
  });

  test("says where to go on by its last whole stamped line, behind any garbage", () => {
    const path = join(folder, "events-3");
    const garbage = [
      "",
      "{",
      "\0".repeat(5_000),
      "x".repeat(200_000),
      '{"type":"stdout","text":"unstamped"}\n',
      own(9).slice(0, -5),
    ];
    for (const tail of garbage) {
      writeFileSync(path, own(1) + own(2) + tail);
      assert.equal(lastStamp(path)?.seq, 2, JSON.stringify(tail.slice(0, 20)));
    }
    writeFileSync(path, "nothing here\n");
    assert.equal(lastStamp(path), undefined);
  });
});

describe("inbox.jsonl", () => {
  test("keeps messages in order, once each, and passes over a torn one", () => {
    const path = join(folder, "inbox");
    appendInbox(path, { id: "m-1", time: "2026-01-01T00:00:00Z", text: "one\ntwo", by: "me" });
    appendFileSync(path, '{"id":"m-torn","te');
    appendInbox(path, { id: "m-2", time: "2026-01-01T00:00:00Z", text: "x".repeat(1_000_000) });
    appendInbox(path, { id: "m-1", time: "2026-01-01T00:00:00Z", text: "again" });
    assert.deepEqual(
      readInbox(path).map(({ id, text }) => [id, text.length]),
      [
        ["m-1", 7],
        ["m-2", 1_000_000],
      ],
    );
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });
});

describe("the root", () => {
  test("gives each id once, also against what was archived, and deletes only the agent's folder", () => {
    const store = openStore(join(folder, "root"));
    assert.deepEqual(store.ids(), []);
    assert.equal(store.claim("a-000000"), true);
    assert.equal(store.claim("a-000000"), false);
    assert.equal(statSync(store.paths("a-000000").folder).mode & 0o777, 0o700);
    writeFileSync(store.paths("a-000000").meta, '{"id":"a-000000","task":"t"}');
    assert.equal(readMeta(store, "a-000000")?.task, "t");
    assert.equal(readMeta(store, "nobody-000000"), undefined);
    store.discard("a-000000");
    assert.deepEqual(store.ids(), []);
    assert.equal(store.claim("a-000000"), true);
  });

  test("that is a file is refused", () => {
    writeFileSync(join(folder, "file"), "");
    assert.throws(() => openStore(join(folder, "file")), { code: "io" });
  });
});
