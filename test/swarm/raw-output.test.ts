import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { openStore } from "../../src/store/fs-store.ts";
import { pack } from "../../src/store/packed.ts";
import { followRaw, rawOutput } from "../../src/swarm/raw-output.ts";

describe("what a run wrote to stdout", () => {
  const folder = mkdtempSync(join(tmpdir(), "skep-raw-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const store = openStore(folder);
  const run = join(store.paths("a-aaaaaa").folder, "runs/000001");
  const out = join(run, "out");
  mkdirSync(run, { recursive: true });
  const written = Buffer.from(Array.from({ length: 2_500_000 }, (_, at) => (at * 7919) % 251));

  test("is read to its end when it is packed meanwhile", async () => {
    writeFileSync(out, written);
    const next = followRaw(store, "a-aaaaaa");
    const chunks = [(await next()).bytes];
    await pack(out, () => {});
    for (let ended = false; !ended;) {
      const look = await next();
      chunks.push(look.bytes);
      ({ ended } = look);
    }
    assert.ok(chunks.length > 2);
    assert.ok(Buffer.concat(chunks).equals(written));
  });

  test("that is damaged where it is packed is told", async () => {
    truncateSync(`${out}.gz`, 10_000);
    await assert.rejects(
      rawOutput(store, "a-aaaaaa", async () => {}),
      { code: "corrupt", message: /out\.gz: / },
    );
  });
});
