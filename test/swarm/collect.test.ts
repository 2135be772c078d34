import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { test } from "node:test";
import { doneWith } from "../../src/swarm/collect.ts";

const isBun = "Bun" in globalThis;

test(
  `garbage is freed once many bytes are done with${isBun ? "" : " (Bun alone lets it pile up)"}`,
  { skip: !isBun },
  async () => {
    const garbage = Array.from({ length: 1_000 }, () => new WeakRef({ some: "words" }));
    const left = (): number => garbage.filter((one) => one.deref() !== undefined).length;
    await turn(); // what was just made is held until then
    doneWith(64 * 1024 * 1024);
    await turn();
    assert.ok(left() < 100, `${left()} are left`); // the stack may seem to hold some
  },
);
