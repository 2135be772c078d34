/** Of many processes those that may be younger than a moment are told by their pids. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, describe, test } from "node:test";
import { pidMoment, pidsSince } from "../../src/process/liveness.ts";

const started: ReturnType<typeof spawn>[] = [];
after(() => started.forEach((child) => child.kill("SIGKILL")));
async function start(): Promise<number> {
  const child = spawn("sleep", ["600"], { stdio: "ignore" });
  started.push(child);
  await once(child, "spawn");
  return child.pid ?? 0;
}

describe("pids since a moment", () => {
  test("are those given after it, in this turn of the numbers or the next", async () => {
    const older = await start();
    const moment = pidMoment();
    const younger = await start();
    const both = (pids: readonly number[]): readonly boolean[] => [older, younger].map((pid) => pids.includes(pid));
    assert.ok(Number.isInteger(moment.last) && Number.isInteger(moment.count));
    assert.deepEqual(both(pidsSince(moment)), [false, true]);
    assert.deepEqual(both(pidsSince({ ...moment, last: moment.last - 1_000 })), [true, true], "of many all are listed");
    assert.deepEqual(both(pidsSince({ ...moment, last: 2 ** 31 })), [true, true], "the numbers began anew");
  });

  test("are all when half the numbers or more were given, and when nobody knows", async () => {
    const older = await start();
    const { last, count } = pidMoment();
    for (const moment of [undefined, { last, count: count - 2 ** 22 }, { last, count: Number.NaN }])
      assert.ok(pidsSince(moment).includes(older));
  });
});
