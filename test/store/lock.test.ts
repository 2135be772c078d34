import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { takeLock } from "../../src/store/lock.ts";
import { ended } from "../sandbox.ts";

// A holder must be a process of its own, which reads TypeScript: under Node the source is bundled, so this one is left out.
const reads = "Bun" in globalThis || "Deno" in globalThis;

test(
  "of ten that start at once one holds the lock, and its death frees it",
  { skip: reads ? false : "skipped: this runtime reads no TypeScript" },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "skep-lock-"));
    const path = join(folder, "lock");
    const children: ChildProcess[] = [];
    try {
      const script = join(folder, "hold.ts");
      writeFileSync(
        script,
        `import { takeLock } from ${JSON.stringify(resolve("src/store/lock.ts"))};
const lock = await takeLock(${JSON.stringify(path)});
console.log(lock === undefined ? "busy" : "held");
if (lock !== undefined) setInterval(() => {}, 1000);`,
      );
      const flags = "Deno" in globalThis ? ["run", "--quiet", "-A", "--no-check"] : [];
      const say = (child: ChildProcess): Promise<string> =>
        new Promise((done) => child.stdout?.once("data", (chunk: Buffer) => done(chunk.toString().trim())));
      for (let at = 0; at < 10; at += 1)
        children.push(spawn(process.execPath, [...flags, script], { stdio: ["ignore", "pipe", "inherit"] }));
      const said = await Promise.all(children.map(say));
      assert.equal(said.filter((word) => word === "held").length, 1);
      assert.equal(await takeLock(path), undefined);
      const holder = children[said.indexOf("held")];
      assert.ok(holder !== undefined);
      const gone = ended(holder);
      holder.kill("SIGKILL");
      await gone;
      const lock = await takeLock(path);
      assert.ok(lock !== undefined);
      lock.release();
    } finally {
      for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
