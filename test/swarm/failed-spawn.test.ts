/** A spawn that the system refuses leaves nothing: no agent, and no file open. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openSwarm } from "../../src/supervisor/open-swarm.ts";

const TOO_LONG = "x".repeat(3 * 1024 * 1024); // more than the system takes as one argument

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return ""; // it was closed
  }
}

test("a spawn that failed leaves no agent, and holds no file of it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "skep-failed-"));
  const env = { ...process.env, XDG_RUNTIME_DIR: folder };
  const swarm = await openSwarm({ root: join(folder, "root"), env, warn: () => {} });
  try {
    const request = { task: "do it", runner: "exec", dir: folder, args: ["true", TOO_LONG] };
    await assert.rejects(swarm.spawn(request), { code: "refused" });
    assert.deepEqual((await swarm.list()).agents, []);
    const open = readdirSync("/proc/self/fd").map((fd) => targetOf(`/proc/self/fd/${fd}`));
    assert.deepEqual(
      open.filter((path) => path.startsWith(folder) && path.endsWith("(deleted)")),
      [],
    );
  } finally {
    await swarm.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
