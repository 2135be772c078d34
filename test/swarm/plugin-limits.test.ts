/** What is done about a plugin that takes too long or says too much, on each runtime. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { limitWords } from "../../src/swarm/limit-words.ts";
import { callWithin, withLimit } from "../../src/swarm/time-limit.ts";

describe("a call", () => {
  test("gives what it gives, throws what it throws, and may hold another one", async () => {
    const error = new Error("its own");
    assert.equal(
      callWithin(() => callWithin(() => 1) + callWithin(() => 2)),
      3,
    );
    assert.equal(await callWithin(async () => callWithin(() => 4)), 4);
    assert.throws(
      () =>
        callWithin(() => {
          throw error;
        }),
      (thrown) => thrown === error,
    );
  });

  test("that never returns is cut off, whatever it catches", async () => {
    const loops: readonly (() => void)[] = [
      () => {
        for (;;);
      },
      () => {
        for (;;)
          try {
            for (;;);
          } catch {}
      },
      () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000),
    ];
    for (const loop of loops) {
      let told = 0;
      assert.throws(() => callWithin(loop, () => (told += 1), 50), {
        code: "timeout",
        message: /it held up everybody for 0.05 s/,
      });
      assert.equal(told, 1);
    }
    assert.equal(
      callWithin(() => "and the next one is called"),
      "and the next one is called",
    );
    await assert.rejects(withLimit(new Promise(() => {}), 20), { code: "timeout", message: "no answer within 0.02 s" });
  });
});

test("100 texts a minute are handed on, long ones cut, and how many were left out is told", () => {
  const said: string[] = [];
  let now = 0;
  const say = limitWords(
    (text) => void said.push(text),
    "it",
    () => now,
  );
  say("x".repeat(1_000_000));
  for (let n = 1; n < 100_000; n += 1) say(`text ${n}`);
  assert.equal(said.length, 101);
  assert.equal(said[0]?.length, 4_001);
  assert.equal(said.at(-1), "it: more than 100 texts in a minute: the rest is left out");
  now = 60_000;
  say("again");
  assert.deepEqual(said.slice(101), ["it: 99900 more texts were left out", "again"]);
});
