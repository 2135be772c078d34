import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { takeLock } from "../../src/store/lock.ts";
import { until } from "../sandbox.ts";
import { openSupervised, type Supervised } from "./supervised.ts";

let kept: Supervised;
before(async () => {
  kept = await openSupervised();
});
after(() => kept.close());

describe("a lock that its holder's child has for a moment longer", () => {
  test("is waited for by the next supervisor", async () => {
    const lock = join(kept.root, "lock");
    mkdirSync(kept.root, { recursive: true });
    const holder = spawn("flock", ["-x", lock, "sleep", "0.5"], { stdio: "ignore" });
    try {
      const isHeld = async (): Promise<boolean> => {
        const taken = await takeLock(lock);
        taken?.release();
        return taken === undefined;
      };
      await until(isHeld, Boolean);
      await kept.start(); // the one that was started here is the one that answers
    } finally {
      holder.kill("SIGKILL");
    }
  });
});
