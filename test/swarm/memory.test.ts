/** A reader that looks again and again sees what one sees that looks for the first time. */
import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { readClaim, runPaths } from "../../src/process/run-files.ts";
import { openStore } from "../../src/store/fs-store.ts";
import { openSwarm } from "../../src/supervisor/open-swarm.ts";
import type { Swarm } from "../../src/swarm/api.ts";
import { loadPlugins } from "../../src/swarm/load-plugins.ts";
import { makeMemory } from "../../src/swarm/memory.ts";
import { type Memory, type ReadTools, reload } from "../../src/swarm/reload.ts";
import type { Snapshot } from "../../src/types.ts";
import { until } from "../sandbox.ts";

let folder: string;
let tools: ReadTools;
let memory: Memory;
let swarm: Swarm;
const open = (): Promise<Swarm> =>
  openSwarm({ root: join(folder, "root"), env: { ...process.env, XDG_RUNTIME_DIR: folder }, warn: () => {} });
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "skep-memory-"));
  swarm = await open();
  // What nobody has taken in yet counts as received when it is looked at: for both at one time.
  const now = (): number => Date.UTC(2030, 0, 1);
  tools = { store: openStore(join(folder, "root")), plugins: await loadPlugins({ warn: () => {} }), now };
  memory = makeMemory(tools);
});
after(async () => {
  await swarm.close();
  swarm = await open();
  for (const { id, phase } of (await swarm.list()).agents) if (phase !== "ended") await swarm.stop(id, { grace: 200 });
  await swarm.close();
  rmSync(folder, { recursive: true, force: true });
});

const spawn = async (script: string): Promise<string> =>
  (await swarm.spawn({ task: "do it", runner: "exec", args: ["sh", "-c", script], dir: folder })).id;

/** Looks until both see the same, and that of the agent. */
async function sees(id: string, holds: (agent: Snapshot | undefined) => boolean): Promise<void> {
  const [again] = await until(
    async () => [await reload(tools, undefined, memory), await reload(tools)] as const,
    ([known, fresh]) => isDeepStrictEqual(known, fresh) && holds(fresh.agents.find((agent) => agent.id === id)),
  );
  assert.ok(holds(again.agents.find((agent) => agent.id === id)));
}
const says =
  (...lines: readonly string[]) =>
  (agent: Snapshot | undefined): boolean =>
    lines.every((line) => agent?.tail.includes(line) === true);

describe("a reader that looks again and again", () => {
  test("sees all that becomes of an agent, whether somebody supervises it or not", async () => {
    const gate = (at: number): string => join(folder, `gate-${at}`);
    const waits = (at: number): string => `until [ -e ${gate(at)} ]; do sleep 0.01; done;`;
    const id = await spawn(`echo one; ${waits(1)} echo two; ${waits(2)} echo three >&2; ${waits(3)} exit 3`);
    await sees(id, says("one"));
    writeFileSync(gate(1), "");
    await sees(id, says("one", "two"));
    await swarm.close();
    writeFileSync(gate(2), "");
    await sees(id, says("stderr: three"));
    writeFileSync(gate(3), "");
    await sees(id, (agent) => agent?.exit_code === 3);
    swarm = await open();
    await sees(id, (agent) => agent?.status === "failed");
    await swarm.resume(id);
    await sees(id, (agent) => agent?.run === 2 && agent.phase === "ended");
    await swarm.remove(id);
    await sees(id, (agent) => agent === undefined);
  });

  test("sees that a shim was killed, and then its child, which no file tells", async () => {
    const id = await spawn("echo begun; exec sleep 1000");
    await sees(id, says("begun"));
    await swarm.close();
    const snapshot = (await reload(tools)).agents.find((agent) => agent.id === id);
    const claim = readClaim(runPaths(tools.store.paths(id).folder, 1));
    assert.ok(claim !== undefined && claim !== "empty" && claim.by === "shim" && snapshot?.pid !== undefined);
    process.kill(claim.shim.pid, "SIGKILL");
    await sees(id, (agent) => agent?.activity.startsWith("orphaned") === true);
    process.kill(snapshot.pid, "SIGKILL");
    await sees(id, (agent) => agent?.phase === "ended");
    swarm = await open();
  });

  test("sees a live agent's log that another one has taken the place of, or that was cut", async () => {
    const id = await spawn("echo begun; exec sleep 1000");
    await sees(id, says("begun"));
    await swarm.close();
    const { log } = tools.store.paths(id);
    const other = `${log}.other`;
    writeFileSync(other, `${JSON.stringify({ type: "stdout", text: "of another" })}\n`.repeat(40));
    renameSync(other, log);
    await sees(id, says("of another"));
    writeFileSync(log, `${JSON.stringify({ type: "stdout", text: "cut" })}\n`);
    await sees(id, says("cut"));
    appendFileSync(log, `${JSON.stringify({ type: "stdout", text: "more" })}\n`);
    await sees(id, says("cut", "more"));
    const lines = ["anew", "and longer"].map((text) => `${JSON.stringify({ type: "stdout", text })}\n`).join("");
    writeFileSync(log, lines.repeat(9));
    await sees(id, (agent) => says("anew", "and longer")(agent) && !says("cut")(agent));
    swarm = await open();
  });

  test("sees a run whose folder was there before anything in it", async () => {
    const id = await spawn("echo begun; exec sleep 1000");
    await sees(id, says("begun"));
    await swarm.close();
    const { folder: own } = tools.store.paths(id);
    const [first, second] = [runPaths(own, 1), runPaths(own, 2)];
    mkdirSync(second.dir);
    await sees(id, (agent) => agent?.status === "running");
    const intent: unknown = JSON.parse(readFileSync(first.intent, "utf8"));
    writeFileSync(second.intent, `${JSON.stringify({ ...(intent as object), run: 2 })}\n`);
    await sees(id, (agent) => agent?.status === "pending");
    rmSync(second.dir, { recursive: true });
    await sees(id, (agent) => agent?.status === "running");
    swarm = await open();
  });

  test("reads nothing again of agents of which nothing has changed", async () => {
    const [lives, ended] = [await spawn("echo begun; exec sleep 1000"), await spawn("echo over")];
    await sees(lives, says("begun"));
    await sees(ended, (agent) => agent?.phase === "ended" && agent.queued === undefined);
    const agents = async (): Promise<readonly (Snapshot | undefined)[]> => {
      const view = await reload(tools, undefined, memory);
      return [lives, ended].map((id) => view.agents.find((agent) => agent.id === id));
    };
    await until(
      async () => [await agents(), await agents()] as const,
      ([first, second]) => first.every((agent, at) => agent !== undefined && agent === second[at]),
    );
  });
});
