import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { openSandbox, until } from "../sandbox.ts";

const LINES = 6_000;
const KILLS = 25;

/** Numbers from 0 to 1, the same each time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

test("a supervisor that is killed again and again loses no line, has none twice and changes none", async () => {
  const box = openSandbox();
  try {
    const next = seeded(20_261_123);
    const ids: string[] = [];
    for (const seed of ["1", "3", "7"]) {
      const ran = await box.run([
        "spawn",
        "--",
        "node",
        resolve("test/fixtures/children/ragged.mjs"),
        String(LINES),
        seed,
      ]);
      ids.push(ran.stdout.trim());
    }
    const folderOf = (id: string): string => join(box.root, "agents", id);
    const over = (): boolean => ids.every((id) => readdirSync(join(folderOf(id), "runs/000001")).includes("exit"));
    let kills = 0;
    while (kills < KILLS && !over()) {
      const { stdout } = await box.run(["supervisor", "start", "--json"]);
      const { pid } = JSON.parse(stdout) as { pid: number };
      const later = Date.now() + next() * 40;
      await until(
        () => Date.now(),
        (now) => now >= later,
      );
      process.kill(pid, "SIGKILL");
      kills += 1;
    }
    assert.ok(kills >= 3, `only ${kills} kills fell into their lives`);
    assert.equal((await box.run(["wait", ...ids])).code, 0);
    // What has ended needs no supervisor to be waited for, but one to take its last lines in.
    await box.run(["supervisor", "start"]);
    const logOf = (id: string): string => readFileSync(join(folderOf(id), "events.jsonl"), "utf8");
    await until(() => ids.every((id) => logOf(id).includes('"type":"agent_stopped"')), Boolean);
    for (const id of ids) {
      const written = readFileSync(join(folderOf(id), "runs/000001/out"), "utf8")
        .trimEnd()
        .split("\n");
      const entries = readFileSync(join(folderOf(id), "events.jsonl"), "utf8")
        .trimEnd()
        .split("\n")
        .flatMap((line) => parse(line));
      assert.equal(written.length, LINES);
      assert.deepEqual(
        entries.filter(({ type }) => type === "stdout").map(({ text }) => text),
        written,
      );
      assert.deepEqual(
        entries.map(({ skep }) => skep.seq),
        entries.map((_, at) => at + 1),
      );
    }
  } finally {
    await box.close();
  }
});

interface Entry {
  readonly type: string;
  readonly text?: string;
  readonly skep: { readonly seq: number };
}
function parse(line: string): Entry[] {
  try {
    return [JSON.parse(line) as Entry];
  } catch {
    return []; // torn by a kill, and ended by the next supervisor
  }
}
