/** Lets a supervisor take over a root in which one agent is damaged. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SkepError } from "../../../src/errors.ts";
import { superviseRoot } from "../../../src/supervisor/supervise-root.ts";
import { loadPlugins } from "../../../src/swarm/load-plugins.ts";
import { until } from "../../sandbox.ts";
import type { Victim } from "./victims.ts";

export async function superviseMutant(root: string, victim: Victim): Promise<string[]> {
  const path = join(victim.folder, "events.jsonl");
  const before = readFileSync(path);
  const env = { ...process.env, XDG_RUNTIME_DIR: join(root, "..", "run") };
  const plugins = await loadPlugins({ warn: () => {}, env: {} });
  const supervisor = await superviseRoot({ root, plugins, env, warn: () => {} });
  if (supervisor === undefined) return ["another one supervises"];
  const { swarm } = supervisor;
  const wrong: string[] = [];
  try {
    const alive = victim.shown.includes("running");
    const agent = await swarm.show(victim.id).catch((error: unknown) => {
      if (error instanceof SkepError && (error.code === "corrupt" || error.code === "not_found")) return undefined;
      throw error;
    });
    if (agent === undefined) return wrong; // its meta.json
    if (alive) {
      const refused = await swarm.resume(victim.id, { force: true }).then(
        () => false,
        (error: unknown) => error instanceof SkepError && error.code === "state",
      );
      if (!refused) wrong.push("it was started a second time");
    }
    const last = await until(
      () => swarm.show(victim.id),
      ({ status, phase }) => victim.shown.includes(status) && (alive || phase === "ended"),
    ).catch(() => undefined);
    if (last === undefined) wrong.push(`it is shown as ${(await swarm.show(victim.id)).status}`);
  } finally {
    await swarm.close();
  }
  const after = readFileSync(path);
  if (!after.subarray(0, before.length).equals(before)) wrong.push("its log was changed before its end");
  return wrong;
}
