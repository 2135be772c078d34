import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, sep } from "node:path";
import type { Store } from "../store/store.ts";
import { type Check, register } from "./check.ts";

/**
 * Tests that a store keeps its contract, on real folders of its own: what is read makes nothing, an id has one owner, and
 * what is thrown away takes nothing else along.
 */
export function testStore(name: string, open: OpenStore): void {
  register(`store ${name}`, storeChecks(open));
}
/** Opens the store of a root. The folder need not be there yet. */
export type OpenStore = (root: string) => Store;

const [FIRST, SECOND] = ["first-aaaaaa", "second-bbbbbb"] as const;

export function storeChecks(open: OpenStore): readonly Check[] {
  const check = (title: string, work: (folder: string) => void): Check => ({ title, run: () => inFolder(work) });
  return [
    check("makes nothing by being opened and read", (folder) => {
      const store = open(join(folder, "root"));
      assert.deepEqual([...store.ids()], []);
      store.paths(FIRST);
      store.emptyTrash();
      assert.ok(!existsSync(store.root), `${store.root} was made`);
    }),
    check("knows its root by its real path", (folder) => {
      mkdirSync(join(folder, "real"));
      symlinkSync(join(folder, "real"), join(folder, "link"));
      assert.equal(open(join(folder, "link")).root, open(join(folder, "real")).root);
    }),
    check("refuses a root that is no folder, and leaves it as it is", (folder) => {
      writeFileSync(join(folder, "file"), "text");
      assert.throws(() => open(join(folder, "file")));
      assert.ok(statSync(join(folder, "file")).isFile());
    }),
    check("gives an id to one owner, whoever asks again, and a private folder with it", (folder) => {
      const [one, other] = [open(join(folder, "root")), open(join(folder, "root"))];
      assert.equal(one.claim(FIRST), true);
      for (const store of [one, other, open(join(folder, "root"))]) assert.equal(store.claim(FIRST), false);
      const made = statSync(one.paths(FIRST).folder);
      assert.ok(made.isDirectory());
      assert.equal(made.mode & 0o077, 0, "others may look into it");
      assert.deepEqual(readdirSync(one.paths(FIRST).folder), []);
    }),
    check("lists the ids that are there, sorted, for everyone, and nothing that is none", (folder) => {
      const store = open(join(folder, "root"));
      for (const id of [SECOND, FIRST]) store.claim(id);
      for (const name of [".hidden", "-dash", "with space"]) mkdirSync(join(dirname(store.paths(FIRST).folder), name));
      assert.deepEqual([...store.ids()], [FIRST, SECOND]);
      assert.deepEqual([...open(join(folder, "root")).ids()], [FIRST, SECOND]);
    }),
    check("keeps each agent's files in its own folder, always at the same places", (folder) => {
      const store = open(join(folder, "root"));
      store.claim(FIRST);
      const { folder: own, ...files } = store.paths(FIRST);
      for (const path of Object.values(files)) assert.ok(path.startsWith(own + sep), `${path} is not in ${own}`);
      assert.ok(own.startsWith(store.root + sep));
      assert.equal(new Set(Object.values(files)).size, Object.keys(files).length);
      assert.deepEqual(open(join(folder, "root")).paths(FIRST), store.paths(FIRST));
      const theirs = new Set(placesOf(store, SECOND));
      assert.ok(!placesOf(store, FIRST).some((path) => theirs.has(path)));
    }),
    check("throws away one agent with all it has, no other one, and nothing that a link in it leads to", (folder) => {
      const store = open(join(folder, "root"));
      for (const id of [FIRST, SECOND]) store.claim(id);
      const { folder: own, log } = store.paths(FIRST);
      writeFileSync(log, "text");
      mkdirSync(join(own, "runs/000001"), { recursive: true });
      mkdirSync(join(folder, "outside"));
      writeFileSync(join(folder, "outside/kept"), "text");
      symlinkSync(join(folder, "outside"), join(own, "link"));
      store.discard(FIRST);
      assert.ok(!existsSync(own));
      assert.deepEqual([...store.ids()], [SECOND]);
      assert.ok(existsSync(join(folder, "outside/kept")), "it followed a link");
      store.discard(FIRST); // a second time: there is nothing to do
      assert.equal(store.claim(FIRST), true, "the id is free again");
    }),
    check("gives no id that is archived, and empties its trash of what was half thrown away", (folder) => {
      const store = open(join(folder, "root"));
      mkdirSync(join(store.root, "archive", FIRST), { recursive: true });
      mkdirSync(join(store.root, "trash", SECOND, "runs"), { recursive: true });
      assert.equal(store.claim(FIRST), false);
      assert.deepEqual([...store.ids()], []);
      store.emptyTrash();
      assert.ok(!existsSync(join(store.root, "trash", SECOND)), "the trash is not empty");
      assert.deepEqual([store.claim(FIRST), store.claim(SECOND)], [false, true]);
      assert.ok(existsSync(join(store.root, "archive", FIRST)));
    }),
  ];
}

const placesOf = (store: Store, id: string): readonly string[] =>
  Object.entries(store.paths(id)).map(([, path]) => String(path));

function inFolder(work: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "skep-store-"));
  try {
    work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
