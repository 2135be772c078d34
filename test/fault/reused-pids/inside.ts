/**
 * Runs in a pid namespace of its own, where the next pid can be chosen: `inside.ts <folder> <count>`. Prints what happened as
 * JSON. The process that got a run's pid stands in a group of that number, where a signal to the group would hit it too.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspectRun, isAlive, startOf, statOf } from "../../../src/process/liveness.ts";
import type { Intent, ProcessId } from "../../../src/process/run-files.ts";
import { closeInput } from "../../../src/process/stdin.ts";
import { signalRun, terminate } from "../../../src/process/terminate.ts";
import { SkepError } from "../../../src/errors.ts";
import { superviseRoot } from "../../../src/supervisor/supervise-root.ts";
import { loadPlugins } from "../../../src/swarm/load-plugins.ts";
import { until } from "../../sandbox.ts";
import { makeAgent, type MadeAgent } from "../made-agent.ts";

const [folder = "", count = ""] = process.argv.slice(2);
const root = join(folder, "root");
mkdirSync(join(root, "agents"), { recursive: true, mode: 0o700 });

const LAST = "/proc/sys/kernel/ns_last_pid";
const TICK_MS = 11; // a start time is told in hundredths of a second

/** A process that has ended, and one that has its number now. */
async function reuse(): Promise<{ readonly dead: ProcessId; readonly stranger: ProcessId } | undefined> {
  const first = spawn("sleep", ["1000"], { stdio: "ignore", detached: true });
  const { pid = 0 } = first;
  const start = startOf(pid) ?? 0;
  const gone = new Promise((resolve) => first.once("exit", resolve));
  first.kill("SIGKILL");
  await gone;
  const born = Date.now();
  await until(Date.now, (now) => now - born >= TICK_MS);
  // The shell forks right after it has said which number was the last one.
  const script = `echo ${pid - 1} >${LAST}; setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo $!`;
  const got = Number(spawnSync("sh", ["-c", script], { encoding: "utf8" }).stdout);
  const found = await until(
    () => statOf(got),
    (seen) => seen === undefined || seen.group === got,
  );
  if (found === undefined) return undefined;
  if (got === pid) return { dead: { pid, start }, stranger: found };
  process.kill(got, "SIGKILL");
  return undefined;
}

/** The run's files, as its shim wrote them; all of it was this one process. */
function claimBy({ paths }: MadeAgent, { pid, start }: ProcessId): void {
  writeFileSync(paths.claim, `shim ${pid} ${start}\n`);
  writeFileSync(paths.child, `${pid} ${start}\n`);
  writeFileSync(paths.feed, `${pid} ${start}\n`);
}

const failures: string[] = [];
const sums = { rounds: 0, reused: 0 };
const agents: { readonly agent: MadeAgent; readonly kind: Kind; readonly stranger: ProcessId }[] = [];

/** How a run's own words and the process that stands there now differ. */
type Kind = "another process" | "another boot" | "another namespace";
const KINDS: readonly (readonly [Kind, Partial<Intent>, string])[] = [
  ["another process", {}, "gone"],
  ["another boot", { boot: "0f0f0f0f-another-boot" }, "gone"],
  ["another namespace", { pidns: "pid:[1]" }, "elsewhere"],
];

async function round(number: number): Promise<void> {
  const pair = await reuse();
  sums.rounds += 1;
  if (pair === undefined) return;
  sums.reused += 1;
  const { dead, stranger } = pair;
  const keeps = number % 25 === 0; // for the supervisor, at the end
  for (const [kind, more, expected] of KINDS) {
    const id = `${kind.replace(" ", "-")}-${String(number).padStart(6, "0")}`;
    const agent = makeAgent(root, id, ["sleep", "1000"], more);
    claimBy(agent, kind === "another process" ? dead : stranger);
    const fail = (why: string): void => void failures.push(`round ${number}, ${kind}: ${why}`);
    const facts = inspectRun(agent.paths, agent.intent);
    if (facts.kind !== expected) fail(`its run is ${facts.kind}`);
    if (signalRun(agent.paths, "SIGKILL")) fail("it was signalled");
    if (kind === "another process") closeInput(agent.paths); // only called for runs of this boot
    if (keeps) agents.push({ agent, kind, stranger });
    else await terminate(agent, { grace: 1 });
    if (!isAlive(stranger)) fail("a process that was none of it has ended");
  }
  if (!keeps) process.kill(stranger.pid, "SIGKILL");
}

/** A supervisor takes over what is there, and is asked to stop and to resume it. */
async function supervise(): Promise<void> {
  const plugins = await loadPlugins({ warn: () => {}, env: {} });
  const env = { PATH: process.env["PATH"], HOME: folder, XDG_RUNTIME_DIR: folder };
  const supervisor = await superviseRoot({ root, plugins, env, warn: () => {} });
  if (supervisor === undefined) throw new Error("another one supervises");
  const { swarm } = supervisor;
  const refuses = (work: Promise<unknown>): Promise<boolean> =>
    work.then(
      () => false,
      (error: unknown) => error instanceof SkepError && error.code === "state",
    );
  for (const { agent, kind, stranger } of agents) {
    const fail = (why: string): void => void failures.push(`supervised, ${kind}: ${why}`);
    const { id } = agent;
    if (kind === "another namespace") {
      const { status, activity } = await swarm.show(id);
      if (status !== "running" || activity !== "elsewhere") fail(`it is shown as ${status}, ${activity}`);
      if (!(await refuses(swarm.stop(id, { grace: 1, by: "suite" })))) fail("it was stopped from here");
      if (!(await refuses(swarm.resume(id)))) fail("it was started a second time");
    } else {
      const shown = await until(
        () => swarm.show(id),
        ({ phase }) => phase === "ended",
      );
      if (shown.activity !== "lost (resume to continue)") fail(`it is shown as ${shown.status}, ${shown.activity}`);
      await swarm.stop(id, { grace: 1, by: "suite" });
    }
    if (!isAlive(stranger)) fail("a process that was none of it has ended");
  }
  await swarm.close();
  for (const pid of new Set(agents.map(({ stranger }) => stranger.pid))) process.kill(pid, "SIGKILL");
}

for (let number = 0; number < Number(count) && failures.length < 20; number += 1) await round(number);
await supervise();
console.log(JSON.stringify({ ...sums, supervised: agents.length, failures }));
