import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";

test("the tour holds at every step: SIGKILL of the supervisor loses no child, no line and no status", async () => {
  const home = mkdtempSync(join(tmpdir(), "skep-demo-home-"));
  try {
    const child = spawn(resolve("dist/skep"), ["demo"], {
      env: { PATH: process.env["PATH"], HOME: home },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
    const code = await new Promise((end) => child.once("close", end));
    assert.equal(code, 0, said);
    assert.equal(said.match(/^ {2}ok: /gm)?.length, 30, said);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
