/** Faults that the suite once found something with: they are tried each time. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openStand, type Stand, type Wish } from "./failed-operations/stand.ts";
import { TRIALS } from "./failed-operations/trials.ts";
import { tryOne } from "./failed-operations/try-one.ts";
import { openStage } from "./stage.ts";

const FULL: Wish = { kind: "ENOSPC", ops: ["open", "write", "sync", "rename", "mkdir"], times: 0 };
const NO_MORE_FILES: Wish = { kind: "EMFILE", ops: ["open", "openread", "list"], times: 0 };

describe("a supervisor whose file operations fail", () => {
  const stage = openStage({ count: 1, full: false, seed: 1, log: () => {} });
  let stand: Stand;
  let number = 0;
  before(async () => {
    stand = await openStand(stage, "stand");
    await stand.launch();
  });
  after(() => stage.close());

  async function struckBy(name: string, wish: Wish, n: number): Promise<string> {
    const trial = TRIALS.find((one) => one.name === name);
    assert.ok(trial);
    const id = `${name}-${String((number += 1)).padStart(6, "0")}`;
    const { struck, wrong } = await tryOne(stand, trial, id, wish, n);
    assert.deepEqual(wrong, [], `${name}, ${wish.kind} from operation ${n} on (${struck})`);
    return struck;
  }

  test("never undoes a spawn whose child runs, and starts it once when it is repeated", async () => {
    const struck: string[] = [];
    for (let n = 2; n <= 16; n += 1) struck.push(await struckBy("spawn", NO_MORE_FILES, n));
    assert.ok(
      struck.some((what) => what.includes("claim") || what.includes("child")),
      struck.join(", "),
    );
  });

  test("tells who stops an agent that its end cannot be written down, and lets nothing of it live", async () => {
    const at = await stand.count(FULL.ops, async () => {});
    assert.equal(at, 0);
    const struck = [];
    for (const n of [1, 4, 7]) struck.push(await struckBy("stop", FULL, n));
    assert.ok(!struck.includes(""), struck.join(", "));
  });
});
