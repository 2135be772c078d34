import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import {
  appendIndexRows,
  type IndexRow,
  type IndexRows,
  readIndexFile,
  replaceIndexFile,
} from "../../src/store/index-file.ts";

const folder = mkdtempSync(join(tmpdir(), "skep-index-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const row = (text: string): IndexRow => ({ head: [text.length, `${text}\tin its head`], body: Buffer.from(text) });
const rowsOf = (rows: Readonly<Record<string, string>>): IndexRows =>
  new Map(Object.entries(rows).map(([id, text]) => [id, row(text)]));

function read(path: string, only?: string): Readonly<Record<string, unknown>> {
  const file = readIndexFile(path, only);
  const ids = [...file.ids].filter((id) => only === undefined || id === only).toSorted();
  return Object.fromEntries(ids.map((id) => [id, { head: file.head(id), body: file.body(id)?.toString("utf8") }]));
}
const told = (text: string): unknown => ({ head: row(text).head, body: text });

describe("the index's file", () => {
  test("gives the newest row of each agent, and of one alone the same", () => {
    const path = join(folder, "index");
    replaceIndexFile(path, rowsOf({ "b-1": "first", "b-11": "of another", "é-2": "ünïcode" }));
    appendIndexRows(path, rowsOf({ "a-1": "behind", "b-1": "second" }));
    appendFileSync(path, "\nskep-index 2 50 0000000000000000000000000000000000000000 9\n[\n[b-1");
    appendIndexRows(path, rowsOf({ "c-1": "after the torn one" }));
    const rows: Readonly<Record<string, unknown>> = read(path);
    assert.deepEqual(rows, {
      "a-1": told("behind"),
      "b-1": told("second"),
      "b-11": told("of another"),
      "c-1": told("after the torn one"),
      "é-2": told("ünïcode"),
    });
    for (const id of [...Object.keys(rows), "1", "b", "none"]) assert.deepEqual(read(path, id)[id], read(path)[id], id);
  });

  test("is passed over where it tells of more bytes than there can be", () => {
    const path = join(folder, "huge");
    for (const bytes of ["9999999999", "4000000000"]) {
      writeFileSync(path, `\nskep-index 2 ${bytes} 0000000000000000000000000000000000000000 9\n[`);
      appendIndexRows(path, rowsOf({ "a-1": "behind it" }));
      assert.deepEqual(read(path), { "a-1": told("behind it") });
    }
  });

  test("loses the torn row alone, wherever an append was cut off, and none that was damaged is told", () => {
    const path = join(folder, "torn");
    replaceIndexFile(path, rowsOf({ "a-1": "first", "b-1": "second" }));
    const before = readFileSync(path);
    appendIndexRows(path, rowsOf({ "b-1": "third, which is torn" }));
    const whole = readFileSync(path);
    for (let size = before.length; size < whole.length; size += 1) {
      writeFileSync(path, whole.subarray(0, size));
      appendIndexRows(path, rowsOf({ "c-1": "behind it" }));
      const { "b-1": torn, ...others } = read(path);
      assert.deepEqual(others, { "a-1": told("first"), "c-1": told("behind it") }, String(size));
      const { body } = torn as { body: string | undefined };
      assert.ok(body === "second" || body === undefined, String(size));
    }
    for (let at = 0; at < whole.length; at += 1) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 0x15;
      writeFileSync(path, damaged);
      for (const [id, found] of Object.entries(read(path))) {
        const right = [told("first"), told("second"), told("third, which is torn")];
        const { body } = found as { body: string | undefined };
        assert.ok(body === undefined || right.some((one) => isDeepStrictEqual(one, found)), `${id} at ${at}`);
      }
    }
  });
});
