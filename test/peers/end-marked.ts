import { allPids, isAlive, readSystem, statOf } from "../../src/process/liveness.ts";

/** Ends by SIGKILL, pid by pid, all that was started with this variable in its environment. */
export async function endMarked(variable: string): Promise<void> {
  for (let tries = 0; tries < 50; tries += 1) {
    const found = allPids().flatMap((pid) => {
      const ours = pid !== process.pid && readSystem(`/proc/${pid}/environ`)?.includes(`${variable}\0`) === true;
      return ours ? (statOf(pid) ?? []) : [];
    });
    const alive = found.filter((one) => !one.zombie && isAlive(one));
    if (alive.length === 0) return;
    for (const { pid } of alive) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        continue; // it was faster
      }
    }
    await new Promise((again) => setTimeout(again, 50));
  }
}
