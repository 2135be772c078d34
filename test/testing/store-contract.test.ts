/** skep's own store keeps the contract of one, and the contract finds out those that do not. */
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openStore } from "../../src/store/fs-store.ts";
import type { Store } from "../../src/store/store.ts";
import { storeChecks } from "../../src/testing/store-contract.ts";
import { testStore } from "../../src/testing.ts";
import { assertFails } from "./broken.ts";

testStore("of files", openStore);

const broken = (change: (store: Store) => Partial<Store>, titles: readonly string[]): Promise<void> =>
  assertFails(
    storeChecks((root) => {
      const store = openStore(root);
      return { ...store, ...change(store) };
    }),
    titles,
    /./,
  );

test("a store that makes something when it is read is found out", () =>
  broken(({ root, ids }) => ({ ids: () => (mkdirSync(root, { recursive: true }), ids()) }), ["makes nothing"]));

test("one that gives an id twice, or one that is taken elsewhere, is found out", async () => {
  await broken(({ claim }) => ({ claim: (id) => claim(id) || true }), ["gives an id to one owner", "gives no id"]);
  await broken(
    ({ paths }) => ({
      claim(id) {
        const made = !existsSync(paths(id).folder);
        mkdirSync(paths(id).folder, { recursive: true, mode: 0o700 });
        return made;
      },
    }),
    ["gives no id"],
  );
});

test("one whose folders others may read, or that lists in disorder or what is none, is found out", async () => {
  await broken(
    ({ claim, paths }) => ({
      claim(id) {
        const won = claim(id);
        if (won) rmSync(paths(id).folder, { recursive: true });
        if (won) mkdirSync(paths(id).folder, { mode: 0o777 });
        return won;
      },
    }),
    ["gives an id to one owner"],
  );
  await broken(({ ids }) => ({ ids: () => [...ids()].reverse() }), ["lists the ids"]);
  await broken(
    ({ root }) => ({ ids: () => (existsSync(join(root, "agents")) ? readdirSync(join(root, "agents")).sort() : []) }),
    ["lists the ids"],
  );
});

test("one that puts files elsewhere, or two agents' into one place, is found out", async () => {
  await broken(
    ({ root, paths }) => ({ paths: (id) => ({ ...paths(id), log: join(root, `${id}.jsonl`) }) }),
    ["keeps each agent's files"],
  );
  await broken(
    ({ paths }) => ({ paths: (id) => ({ ...paths(id), inbox: paths(id).log }) }),
    ["keeps each agent's files"],
  );
});

test("one that throws away nothing, or too much, or never empties its trash, is found out", async () => {
  await broken(() => ({ discard: () => {} }), ["throws away one agent"]);
  await broken(
    ({ root }) => ({ discard: () => rmSync(join(root, "agents"), { recursive: true, force: true }) }),
    ["throws away one agent"],
  );
  await broken(() => ({ emptyTrash: () => {} }), ["gives no id"]);
});
