/** One run whose shim, or subshell, stands still at a step, and what is asked of its agent meanwhile. */
import { readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { SkepError } from "../../../src/errors.ts";
import { startShim } from "../../../src/process/launch.ts";
import { allPids, isAlive, type ProcessStat, readSystem, statOf } from "../../../src/process/liveness.ts";
import { agentMark, processesWithMark } from "../../../src/process/mark.ts";
import type { ShimStep } from "../../../src/process/shim.ts";
import { superviseRoot } from "../../../src/supervisor/supervise-root.ts";
import type { Swarm } from "../../../src/swarm/api.ts";
import { loadPlugins } from "../../../src/swarm/load-plugins.ts";
import { until } from "../../sandbox.ts";
import { makeAgent, type MadeAgent } from "../made-agent.ts";

/** What becomes of it at that step. */
export const FATES = ["goes on", "is killed", "finds the disk full"] as const;
export const WISHES = ["stop", "resume", "rival"] as const;
export interface Case {
  readonly step: ShimStep;
  readonly fate: (typeof FATES)[number];
  readonly wish: (typeof WISHES)[number];
}
export interface Place {
  readonly root: string; // on a small disk of its own where there is one
  readonly starts: string; // each child appends its run here
  readonly env: Readonly<Record<string, string>>;
}
export interface Tried {
  readonly stood: boolean; // whether it stood still at that step
  readonly wrong: readonly string[];
}

export async function tryCase(place: Place, id: string, { step, fate, wish }: Case): Promise<Tried> {
  const { root, env, starts } = place;
  const open = step === 6;
  const args = ["sh", "-c", `echo "$SKEP_RUN" >>${starts}; exec sleep 1000`];
  const agent = makeAgent(root, id, args, { stdin: open ? "open" : "none" });
  const { paths, mark } = agent;
  await startShim({
    paths,
    argv: args,
    cwd: dirname(root),
    env,
    umask: 0o022,
    stdin: open ? { kind: "open" } : { kind: "none" },
    id,
    root,
    mark,
    stopAt: step,
  });
  const wrong: string[] = [];
  // The last step comes when the child has ended.
  if (step === 8) {
    const child = await until(
      () => processesWithMark(mark)[0],
      (seen) => seen !== undefined,
    );
    if (child !== undefined) process.kill(child.pid, "SIGKILL");
  }
  const standing = await until(
    () => standingIn(agent),
    (found) => found.length > 0,
  );
  const supervise = async (): Promise<Swarm> => {
    const plugins = await loadPlugins({ warn: () => {}, env: {} });
    const supervisor = await superviseRoot({ root, plugins, env, warn: () => {} });
    if (supervisor === undefined) throw new Error("another one supervises");
    return supervisor.swarm;
  };
  const before = linesIn(starts);
  let swarm = await supervise();
  let second = false;
  let free = (): void => {};
  try {
    if (fate === "is killed") for (const one of standing) end(one, "SIGKILL");
    if (fate === "finds the disk full") free = fill(root);
    if (fate === "finds the disk full") for (const one of standing) end(one, "SIGCONT");
    if (wish === "rival" && fate === "finds the disk full") {
      // No supervisor starts on a full disk: it comes when there is space again, after the shim has met it.
      await until(
        () => standingIn(agent),
        (found) => found.length === 0,
      );
      free();
    }
    if (wish === "rival") {
      await swarm.close();
      swarm = await supervise();
    }
    if (wish === "resume") second = await swarm.resume(id).then(() => true, isRefusal);
    if (fate === "finds the disk full")
      await until(
        () => standingIn(agent),
        (found) => found.length === 0,
      );
    free();
    await swarm.stop(id, { grace: 50, by: "suite" });
    const atStop = linesIn(starts).filter((line) => line === mark).length;
    const left = processesWithMark(agentMark(mark.split("/")[0] ?? "", id));
    if (left.length > 0) wrong.push(`${left.length} of its processes outlived the stop`);
    // Whoever stood still goes on only now.
    for (const one of standing) end(one, "SIGCONT");
    await until(
      () => standing.some(isAlive) || standingIn(agent).length > 0,
      (lives) => !lives,
    );
    const late = processesWithMark(agentMark(mark.split("/")[0] ?? "", id));
    if (late.length > 0) wrong.push(`${late.length} of its processes live after the stop, since its shim went on`);
    const ofFirst = linesIn(starts).filter((line) => line === mark).length;
    const ofSecond = linesIn(starts).filter((line) => line === `${mark.slice(0, -1)}2`).length;
    if (ofFirst > atStop) wrong.push("its child was started after the stop");
    if (ofFirst > 1 || ofSecond > 1) wrong.push(`it was started ${ofFirst} and ${ofSecond} times`);
    if (second && ofFirst > before.filter((line) => line === mark).length) wrong.push("both of its runs have started");
    const { status } = await swarm.show(id);
    if (status === "running" || status === "pending") wrong.push(`it was stopped and is ${status}`);
  } finally {
    free();
    for (const one of standing) end(one, "SIGKILL");
    for (const one of processesWithMark(agentMark(mark.split("/")[0] ?? "", id))) end(one, "SIGKILL");
    await swarm
      .remove(id, { force: true, by: "suite" })
      .catch((error: unknown) => wrong.push(`not removed: ${String(error)}`));
    await swarm.close();
  }
  return { stood: standing.length > 0, wrong };
}

function isRefusal(error: unknown): false {
  if (error instanceof SkepError && error.code !== "usage") return false;
  throw error;
}

/** Those that name the run's folder and stand still: the shim, or its subshell. */
const standingIn = ({ paths }: MadeAgent): ProcessStat[] =>
  allPids().flatMap((pid) => {
    if (readSystem(`/proc/${pid}/cmdline`)?.includes(paths.dir) !== true) return [];
    if (readSystem(`/proc/${pid}/stat`)?.includes(") T ") !== true) return [];
    const found = statOf(pid);
    return found === undefined ? [] : [found];
  });

function end(one: ProcessStat, how: "SIGKILL" | "SIGCONT"): void {
  try {
    if (isAlive(one)) process.kill(one.pid, how);
  } catch {
    // it was faster
  }
}

/** Takes every byte that is left there; the result gives them back. */
function fill(root: string): () => void {
  const path = join(dirname(root), "fill");
  const { bavail, bsize } = statfsSync(root);
  writeFileSync(path, Buffer.alloc(bavail * bsize));
  return () => rmSync(path, { force: true });
}

function linesIn(path: string): string[] {
  return readdirSync(dirname(path)).some((name) => path.endsWith(`/${name}`))
    ? readFileSync(path, "utf8")
        .split("\n")
        .filter((line) => line !== "")
    : [];
}
