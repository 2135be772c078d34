/** Each prefix of a supervisor's file operations is what was done when the power went: what may be on the disk then is read again. */
import { existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { openStore } from "../../src/store/fs-store.ts";
import { loadPlugins } from "../../src/swarm/load-plugins.ts";
import type { ReadTools } from "../../src/swarm/reload.ts";
import { addStrangers, checkState, writeState } from "./power-loss/check-state.ts";
import { makeDisk } from "./power-loss/disk-model.ts";
import { recordLife } from "./power-loss/recording.ts";
import type { Scenario } from "./scenario.ts";

const MEMORY = "/dev/shm";

export const scenario: Scenario = {
  name: "power-loss",
  what: "the power goes after any file operation; what was not synced is lost, torn at 512 B or 4 KiB, or comes in another order",
  holds: "everything is read again; no acknowledged spawn, message, resume, stop or removal is missing",
  counted: "states of the disk",
  short: 200,
  full: 10_000,
  atLeast: (count) => Math.floor(count / 2),
  happening: "with something lost",
  async run(stage) {
    const { count, next, log, folder } = stage;
    const { root, operations, deeds, strangers } = await recordLife(stage);
    const splits = operations.filter(({ op }) => op === "link").length;
    if (splits === 0) throw new Error("no log was split");
    log(`${operations.length} operations, ${deeds.length} deeds`);
    const place = existsSync(MEMORY) ? join(MEMORY, `skep-power-${process.pid}`) : join(folder, "after");
    const tools: ReadTools = {
      store: openStore(place),
      plugins: await loadPlugins({ warn: () => {}, env: {} }),
      now: Date.now,
    };
    const disk = makeDisk(dirname(root));
    const failures = new Map<string, string>(); // by what is wrong: one example each
    let [done, lossy] = [0, 0];
    try {
      for (const [index, operation] of operations.entries()) {
        disk.apply(operation);
        const due = Math.floor(((index + 1) * count) / operations.length);
        for (let variant = 0; done < due; variant += 1, done += 1) {
          if (disk.pending() > 0) lossy += 1;
          const sector = next() < 0.5 ? 512 : 4_096;
          const share = variant === 0 ? 0 : next();
          const state = new Map(disk.crash(() => next() < share, sector));
          addStrangers(state, strangers, next);
          writeState(state, root, place);
          const wrong = await checkState(tools, deeds, index + 1).catch((error: unknown) => [String(error)]);
          for (const why of wrong) {
            if (!failures.has(why)) log(`after ${index + 1} (${operation.op} ${operation.path}): ${why}`);
            failures.set(
              why,
              `after operation ${index + 1}, ${operation.op} of ${operation.path.slice(root.length)}: ${why}`,
            );
          }
        }
      }
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
    return {
      done,
      happened: lossy,
      failures: [...failures.values()],
      notes: {
        "operations recorded": operations.length,
        "deeds acknowledged": deeds.length,
        "splits of a log": splits,
      },
    };
  },
};
