/**
 * Archives and restores an agent with a src/disk.ts that is given faulty-fs.ts: once for each file operation and each way in
 * which it can be the last, or fail. From an operation on that is the last nothing changes the disk any more, which is what
 * SIGKILL is to it. A program of its own: it prints how many trials there were, or what was wrong.
 */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesIn } from "../../cli/verbs/archived.ts";
import type { Store } from "../../../src/store/store.ts";
import { planIn } from "../faulty-build.ts";
import type { Plan } from "../faulty-fs.ts";
import "./faulty-disk.ts";

const { archiveFolder, restoreFolder, settleArchive } = await import("../../../src/store/archive.ts");
const { archivedIds } = await import("../../../src/store/archived.ts");
const { openStore } = await import("../../../src/store/fs-store.ts");

const ID = "first-aaaaaa";
const memory = existsSync("/dev/shm") ? "/dev/shm" : tmpdir(); // thousands of fsyncs
const folder = mkdtempSync(join(memory, "skep-steps-"));
const plan = planIn(folder);
process.env["FAULT_PLAN"] = plan.env.FAULT_PLAN;
const proceed = (): void => {};

const archive = (store: Store): Promise<void> => archiveFolder(store, ID, '{"id":"first-aaaaaa"}', proceed);
const restore = (store: Store): Promise<void> => restoreFolder(store, ID, proceed);
const STEPS = { archive, restore } as const;

let roots = 0;
function makeRoot(): { readonly store: Store; readonly before: ReadonlyMap<string, string> } {
  const root = join(folder, `root-${(roots += 1)}`);
  mkdirSync(root);
  const store = openStore(root);
  store.claim(ID);
  const { folder: own, meta, log } = store.paths(ID);
  writeFileSync(meta, '{"id":"first-aaaaaa"}\n');
  writeFileSync(log, "a line\n".repeat(1_000));
  mkdirSync(join(own, "runs/000001"), { recursive: true });
  writeFileSync(join(own, "runs/000001/out"), "out\n");
  return { store, before: bytesIn(own) };
}

/** Whether the operation came to pass at all. */
async function tryOne(name: keyof typeof STEPS, wish: Plan, settles: boolean): Promise<boolean> {
  const { store, before } = makeRoot();
  const { folder: own } = store.paths(ID);
  if (name === "restore") await archive(store);
  const hit = join(folder, "hit");
  rmSync(hit, { force: true });
  plan.set({ ...wish, hit });
  const failed = await STEPS[name](store).then(
    () => false,
    () => true,
  );
  plan.clear();
  const struck = failed || hasText(hit);
  if (!struck) return false;
  const trial = `${name}, ${JSON.stringify(wish)}`;
  // As the next supervisor finds it.
  if (settles) settleArchive(store);
  store.emptyTrash();
  const [here, away] = [store.ids(), archivedIds(store)];
  assert.deepEqual([...here, ...away], [ID], `${trial}: it is in one place`);
  if (here.length > 0) assert.deepEqual(bytesIn(own), before, `${trial}: it is not whole`);
  // The same again finishes, and what came of it is whole.
  if (here.length > 0 || name === "restore") await STEPS[name](store);
  if (name === "archive") await restore(store);
  assert.deepEqual(bytesIn(own), before, `${trial}: it did not come back`);
  assert.deepEqual(bytesIn(join(store.root, "archive")).size, 0, `${trial}: something is left in the archive`);
  rmSync(store.root, { recursive: true });
  return true;
}

function hasText(path: string): boolean {
  try {
    return readFileSync(path, "utf8") !== "";
  } catch {
    return false;
  }
}

const WAYS = [
  { kind: "EIO", times: 0, settles: true }, // killed there; a supervisor starts
  { kind: "EIO", times: 0, settles: false }, // killed there; what is asked next comes upon it
  { kind: "EIO", times: 1, settles: false }, // it alone fails
] as const;
let trials = 0;
try {
  for (const name of ["archive", "restore"] as const) {
    for (const { settles, ...way } of WAYS) {
      let n = 1;
      while (await tryOne(name, { ...way, n }, settles)) n += 1;
      trials += n - 1;
    }
  }
  console.log(`${trials} trials held`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
