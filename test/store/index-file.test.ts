import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { appendIndexRows, readIndexFile, replaceIndexFile } from "../../src/store/index-file.ts";

const folder = mkdtempSync(join(tmpdir(), "skep-index-"));
after(() => rmSync(folder, { recursive: true, force: true }));

describe("the index's file", () => {
  test("gives the newest row of each agent, and of one alone the same", () => {
    const path = join(folder, "index");
    replaceIndexFile(
      path,
      new Map([
        ["b-1", "first"],
        ["b-11", "of another"],
        ["é-2", "ünïcode"],
      ]),
    );
    appendIndexRows(
      path,
      new Map([
        ["a-1", "behind"],
        ["b-1", "second"],
      ]),
    );
    appendFileSync(path, "skep-index 1 50 0000000000000000000000000000000000000000\nb-1\ttorn");
    appendIndexRows(path, new Map([["c-1", "after the torn one"]]));
    const rows = readIndexFile(path);
    assert.deepEqual(
      [...rows].toSorted(([a], [b]) => (a < b ? -1 : 1)),
      [
        ["a-1", "behind"],
        ["b-1", "second"],
        ["b-11", "of another"],
        ["c-1", "after the torn one"],
        ["é-2", "ünïcode"],
      ],
    );
    for (const id of [...rows.keys(), "1", "b", "none"])
      assert.equal(readIndexFile(path, id).get(id), rows.get(id), id);
  });
});
