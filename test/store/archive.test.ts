import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { archiveFolder, restoreFolder } from "../../src/store/archive.ts";
import { archivedIds, isKeptInArchive, readArchivedSnapshot } from "../../src/store/archived.ts";
import { openStore } from "../../src/store/fs-store.ts";

const ID = "first-aaaaaa";
const proceed = (): void => {};

describe("the archive", () => {
  const folder = mkdtempSync(join(tmpdir(), "skep-archive-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const store = openStore(folder);
  store.claim(ID);
  const { folder: own, meta, log, inbox } = store.paths(ID);
  const bytes = Buffer.alloc(3 * 1024 * 1024 + 1, "a line that repeats\n"); // more than a chunk
  writeFileSync(meta, "{}\n");
  writeFileSync(log, bytes);
  writeFileSync(inbox, "");
  mkdirSync(join(own, "runs/000001"), { recursive: true });
  const binary = Buffer.from(Array.from({ length: 70_000 }, (_, at) => (at * 7919) % 251));
  writeFileSync(join(own, "runs/000001/out.gz"), binary);

  test("packs and unpacks what is longer than a chunk, empty, binary, or named as if it were packed", async () => {
    await archiveFolder(store, ID, "{}", proceed);
    assert.deepEqual([store.ids(), archivedIds(store), isKeptInArchive(store, ID)], [[], [ID], true]);
    assert.equal(readArchivedSnapshot(store, ID).text, "{}");
    assert.equal(store.claim(ID), false);
    await restoreFolder(store, ID, proceed);
    assert.deepEqual([store.ids(), archivedIds(store), isKeptInArchive(store, ID)], [[ID], [], false]);
    assert.ok(readFileSync(log).equals(bytes));
    assert.equal(readFileSync(inbox).length, 0);
    assert.ok(readFileSync(join(own, "runs/000001/out.gz")).equals(binary));
  });

  test("takes nothing away when the agent's files change meanwhile", async () => {
    let calls = 0;
    const write = (): void => {
      calls += 1;
      if (calls === 2) utimesSync(log, 1, 1);
    };
    await assert.rejects(archiveFolder(store, ID, "{}", write), { code: "state" });
    assert.deepEqual([store.ids(), archivedIds(store)], [[ID], []]);
    assert.ok(readFileSync(log).equals(bytes));
  });

  test("takes nothing away, and leaves nothing half-made, when it is told to end", async () => {
    const end = (): void => {
      throw new Error("enough");
    };
    await assert.rejects(archiveFolder(store, ID, "{}", end), /enough/);
    await archiveFolder(store, ID, "{}", proceed);
    await assert.rejects(restoreFolder(store, ID, end), /enough/);
    assert.deepEqual([store.ids(), archivedIds(store)], [[], [ID]]);
    await restoreFolder(store, ID, proceed);
    await assert.rejects(restoreFolder(store, "nobody-bbbbbb", proceed), { code: "not_found" });
  });
});
