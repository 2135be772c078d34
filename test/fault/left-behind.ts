/** What an agent's tools leave behind in groups and sessions of their own, and bystanders that a stop must not touch. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { isAlive, type ProcessStat, statOf } from "../../src/process/liveness.ts";
import { agentMark, processesWithMark, runMark } from "../../src/process/mark.ts";
import { runPaths } from "../../src/process/run-files.ts";
import { until } from "../sandbox.ts";
import { openSupervised, type Supervised } from "../supervisor/supervised.ts";
import type { Outcome, Scenario, Stage } from "./scenario.ts";

const KINDS = ["plain", "grandchild", "session", "double", "deaf", "silent", "forking", "background"] as const;
/** How the run is over before, or at, the stop. */
const ENDINGS = [
  "stopped",
  "child killed",
  "shim killed",
  "ended, then stopped",
  "supervisor killed in the stop",
] as const;

interface Brood {
  readonly id: string;
  readonly members: readonly ProcessStat[];
}

/** Starts an agent that leaves processes of these kinds behind, and returns when all are there. */
async function startBrood(kept: Supervised, kinds: readonly string[]): Promise<Brood> {
  const id = await kept.spawn({ args: ["node", resolve("test/fixtures/children/brood.mjs"), ...kinds] });
  const { out } = runPaths(kept.folderOf(id), 1);
  const lines = await until(
    () => (existsSync(out) ? readFileSync(out, "utf8").trim().split("\n") : []),
    (seen) => seen.length > kinds.length,
  );
  const members = lines.map((line) => statOf((JSON.parse(line) as { pid: number }).pid));
  return { id, members: members.filter((one) => one !== undefined) };
}

const lives = (one: ProcessStat): boolean => isAlive(one);

/** Whoever must live on: of no agent at all, with marks that only look like the agent's, and in the agent's own session. */
function startBystanders(stage: Stage, kept: Supervised, inode: string, id: string): ChildProcess[] {
  const marked = (mark: string): ChildProcess =>
    spawn("sleep", ["7654"], {
      env: { ...stage.env, SKEP_RUN: mark, SKEP_AGENT_ID: id },
      detached: true,
      stdio: "ignore",
    });
  return [
    spawn("sleep", ["7654"], { env: { ...stage.env }, stdio: "ignore" }), // in the session of whoever called skep
    spawn("sh", ["-c", "while :; do sleep 1; done", id, "--swarm-agent", kept.folderOf(id)], {
      env: { ...stage.env },
      detached: true,
      stdio: "ignore",
    }),
    marked(runMark(inode, `${id}0`, 1)),
    marked(runMark(inode, `0${id}`, 1)),
    marked(runMark(`${inode}0`, id, 1)),
    marked(`x${runMark(inode, id, 1)}`),
    spawn("sleep", ["7654"], {
      env: { ...stage.env, NOTE: `SKEP_RUN=${runMark(inode, id, 1)}` },
      detached: true,
      stdio: "ignore",
    }),
  ];
}

async function round(stage: Stage, kept: Supervised, inode: string, at: number, failures: string[]): Promise<number> {
  const ending = ENDINGS[at % ENDINGS.length] ?? "stopped";
  const kinds = KINDS.filter(() => stage.next() < 0.7);
  const brood = await startBrood(kept, kinds);
  const other = await startBrood(kept, ["session", "background"]);
  const [leader] = brood.members.slice(-1);
  if (leader === undefined) throw new Error("the agent itself is not there");
  const bystanders = startBystanders(stage, kept, inode, brood.id);
  const failed = (what: string): void => void failures.push(`${ending}, ${kinds.join(" ")}, ${brood.id}: ${what}`);
  try {
    const happened = brood.members.filter(lives).length;
    await end(kept, brood, leader, ending);
    const left = [...brood.members.filter(lives), ...processesWithMark(agentMark(inode, brood.id))];
    for (const one of left) failed(`${one.pid} lives: ${readFileSync(`/proc/${one.pid}/cmdline`, "latin1")}`);
    const dead = other.members.filter((one) => !lives(one));
    if (dead.length > 0) failed(`${dead.length} of another agent's were ended too`);
    for (const [place, { exitCode, signalCode }] of bystanders.entries())
      if (exitCode !== null || signalCode !== null) failed(`bystander ${place} was ended`);
    await kept.swarm.stop(other.id, { grace: 200 });
    return happened;
  } finally {
    for (const one of bystanders) one.kill("SIGKILL");
  }
}

async function end(kept: Supervised, { id }: Brood, leader: ProcessStat, how: (typeof ENDINGS)[number]): Promise<void> {
  const stop = (): Promise<unknown> => kept.swarm.stop(id, { grace: 200 });
  switch (how) {
    case "stopped":
      return void (await stop());
    case "child killed":
      process.kill(leader.pid, "SIGKILL");
      return void (await stop());
    case "shim killed": {
      const claim = readFileSync(runPaths(kept.folderOf(id), 1).claim, "utf8");
      process.kill(Number(claim.split(" ")[1]), "SIGKILL");
      return void (await stop());
    }
    case "ended, then stopped":
      process.kill(leader.pid, "SIGKILL");
      await kept.reaches(id, ({ phase }) => phase === "ended");
      return void (await stop());
    case "supervisor killed in the stop": {
      const stopping = stop();
      await new Promise((later) => setTimeout(later, 100));
      await kept.start(); // the client asks the new one again
      return void (await stopping);
    }
  }
}

async function run(stage: Stage): Promise<Outcome> {
  const kept = await openSupervised({ env: stage.env, command: [stage.skep] });
  const failures: string[] = [];
  let happened = 0;
  try {
    await kept.start();
    const inode = String(statSync(kept.root).ino);
    for (let at = 0; at < stage.count; at += 1) {
      happened += await round(stage, kept, inode, at, failures);
      stage.log(`${at + 1} agents, ${happened} processes`);
    }
  } finally {
    await kept.close();
  }
  return { done: stage.count, happened, failures };
}

export const scenario: Scenario = {
  name: "left-behind",
  what: "grandchildren, daemons, own sessions, deaf and forking processes of an agent that is stopped, with child, shim or supervisor killed",
  holds: "a stop leaves nothing alive that the agent started, and touches nobody else",
  counted: "agents",
  short: 5,
  full: 200,
  atLeast: (count) => count * 4,
  happening: "processes to be ended",
  run,
};
