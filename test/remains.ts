import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { isAlive } from "../src/process/liveness.ts";
import { processesWithMark } from "../src/process/mark.ts";
import { listRuns, readChild, readClaim, readFeed, runPaths } from "../src/process/run-files.ts";

/** Ends by SIGKILL, pid by pid, whatever the runs of a root left alive: children, what they started, shims and feeders. */
export function endRemains(root: string): void {
  for (const { pid } of remainsOf(root)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      continue; // it was faster
    }
  }
}

/** Live processes of the runs of a root, or of one agent. */
export function remainsOf(root: string, id?: string): { readonly pid: number }[] {
  const agents = statSync(join(root, "agents"), { throwIfNoEntry: false }) && readdirSync(join(root, "agents"));
  if (agents === undefined) return [];
  const mark = `${statSync(root).ino}/${id === undefined ? "" : `${id}/`}`;
  const helpers = agents
    .filter((name) => id === undefined || name === id)
    .flatMap((name) => {
      const folder = join(root, "agents", name);
      return listRuns(folder).flatMap((run) => {
        const paths = runPaths(folder, run);
        const claim = readClaim(paths);
        const shim = claim !== undefined && claim !== "empty" && claim.by === "shim" ? claim.shim : undefined;
        return [shim, readChild(paths), readFeed(paths)].filter((one) => one !== undefined && isAlive(one));
      });
    });
  return [...processesWithMark(mark), ...helpers.filter((one) => one !== undefined)];
}
