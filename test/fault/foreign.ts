/** An agent of zot's own supervisor, alive, in a root that skep lists again and again and whose verbs are tried on it. */
import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { join, resolve } from "node:path";
import { ended, type Ran, until } from "../sandbox.ts";
import type { Outcome, Scenario, Stage } from "./scenario.ts";

const STAND_IN = resolve("test/fixtures/children/zot-stand-in.mjs");
const READING = [
  ["ls"],
  ["ls", "--json"],
  ["ls", "-a", "-q"],
  ["show", "zot-1"],
  ["logs", "zot-1"],
  ["result", "zot-1"],
  ["reload"],
];
/** What would speak to it, end it, delete it or start it again. */
const REFUSED = [
  ["send", "zot-1", "hello"],
  ["send", "zot-1", "--queue", "hello"],
  ["cancel", "zot-1"],
  ["stop", "zot-1", "--grace", "100ms"],
  ["resume", "zot-1"],
  ["resume", "zot-1", "-m", "go on"],
  ["rm", "zot-1"],
  ["rm", "zot-1", "--force"],
];

interface Foreign {
  readonly agent: string; // its folder
  readonly inbox: string;
  readonly told: () => string[];
  readonly child: ChildProcess;
  readonly parent: Socket;
  readonly disturbed: () => boolean;
}

/** What zot leaves on disk, its child, and its supervisor's connection to that. */
async function startForeign(stage: Stage): Promise<Foreign> {
  const agent = join(stage.folder, "root/agents/zot-1");
  const inbox = join(stage.folder, "zot.sock");
  const tell = join(stage.folder, "told");
  mkdirSync(agent, { recursive: true, mode: 0o700 });
  const meta = {
    id: "zot-1",
    task: "list the files",
    dir: stage.folder,
    started: new Date().toISOString(),
    inbox_path: inbox,
    event_log_path: join(agent, "events.jsonl"),
    session_path: join(agent, "session.json"),
  };
  writeFileSync(join(agent, "meta.json"), JSON.stringify(meta));
  writeFileSync(join(agent, "session.json"), "{}");
  copyFileSync("test/fixtures/zot/two-turns.jsonl", join(agent, "events.jsonl"));
  const args = [STAND_IN, "--swarm-agent", inbox, "--session", meta.session_path, "--cwd", meta.dir, "--tell", tell];
  const child = spawn("node", args, { env: { ...stage.env }, stdio: "ignore" });
  const told = (): string[] => (existsSync(tell) ? readFileSync(tell, "utf8").trim().split("\n") : []);
  await until(told, (words) => words.some((word) => word.startsWith("listens")));
  const parent = createConnection(inbox);
  let disturbed = false;
  for (const event of ["end", "close", "error"]) parent.on(event, () => (disturbed = true));
  await until(told, (words) => words.some((word) => word.startsWith("accept")));
  return { agent, inbox, told, child, parent, disturbed: () => disturbed };
}

async function run(stage: Stage): Promise<Outcome> {
  const foreign = await startForeign(stage);
  const failures: string[] = [];
  const starts = join(stage.folder, "starts");
  const bin = join(stage.folder, "zot");
  writeFileSync(bin, `#!/bin/sh\nexec node ${STAND_IN} "$@"\n`, { mode: 0o755 });
  const env = { ...stage.env, SKEP_ROOT: join(stage.folder, "root"), ZOT_BIN: bin, STAND_IN_TELLS: starts };
  const skep = (args: readonly string[]): Promise<Ran> =>
    ended(spawn(stage.skep, [...args], { cwd: stage.folder, env, stdio: ["ignore", "pipe", "pipe"] }));
  const logBefore = readFileSync(join(foreign.agent, "events.jsonl"), "utf8");
  let seen = 0;
  const look = async (): Promise<void> => {
    const { stdout } = await skep(["ls", "--json"]);
    const [agent] = JSON.parse(stdout) as { status: string; phase: string }[];
    if (agent?.status !== "running") failures.push(`it is listed as ${agent?.status}`);
    else seen += 1;
  };
  try {
    for (let at = 0; at < stage.count; at += 1) {
      // First without a supervisor, then under one that took the root over.
      if (at === Math.floor(stage.count / 2)) await skep(["supervisor", "start"]);
      // Its socket's name vanishes, as in a logout: its command line still tells.
      if (at === Math.floor(stage.count * 0.75)) rmSync(foreign.inbox);
      const args = READING[at % READING.length] ?? [];
      const { code, stderr } = await skep(args);
      if (code !== 0) failures.push(`${args.join(" ")}: exit ${code}: ${stderr.trim()}`);
      if (at % 7 === 0) await look();
      if (at % 100 === 99) stage.log(`${at + 1} listings`);
    }
    for (const args of REFUSED) {
      const { code, stdout, stderr } = await skep(args);
      if (code !== 4) failures.push(`${args.join(" ")}: exit ${code} instead of 4: ${stdout}${stderr.trim()}`);
    }
    const { code } = await skep(["stop", "--all", "-y", "--grace", "100ms"]);
    if (code !== 4) failures.push(`stop --all: exit ${code} instead of 4`);
    await look();
    const told = foreign.told().map((line) => line.replace(/ \d+$/, ""));
    if (told.join() !== "start,listens,accept") failures.push(`its child saw: ${told.join(", ")}`);
    if (foreign.disturbed()) failures.push("its parent's connection was dropped");
    if (foreign.child.exitCode !== null || foreign.child.signalCode !== null) failures.push("its child was ended");
    if (existsSync(starts)) failures.push(`a second child was started: ${readFileSync(starts, "utf8")}`);
    if (readFileSync(join(foreign.agent, "events.jsonl"), "utf8") !== logBefore)
      failures.push("its log was written to");
    // Once it is dead, it is resumed as any other: the refusals above were not for want of a way.
    foreign.parent.destroy();
    foreign.child.kill("SIGKILL");
    await until(
      () => foreign.child.signalCode,
      (signal) => signal !== null,
    );
    const resumed = await skep(["resume", "zot-1"]);
    if (resumed.code !== 0) failures.push(`once dead it was not resumed: ${resumed.stderr}`);
    await until(() => existsSync(starts), Boolean);
    await until(
      () => readFileSync(starts, "utf8"),
      (text) => text.includes("listens"),
    );
    for (const args of [
      ["send", "zot-1", "hello"],
      ["stop", "zot-1", "--grace", "100ms"],
      ["rm", "zot-1"],
    ]) {
      const { code, stderr } = await skep(args);
      if (code !== 0) failures.push(`${args.join(" ")} of one that skep itself resumed: exit ${code}: ${stderr}`);
    }
  } finally {
    foreign.parent.destroy();
    foreign.child.kill("SIGKILL");
  }
  return { done: stage.count, happened: seen, failures, notes: { refusals: REFUSED.length + 1 } };
}

export const scenario: Scenario = {
  name: "foreign",
  what: "a live agent of zot's own supervisor in a root that is listed, and on which each verb is tried",
  holds: "its parent's connection is never disturbed, no second child on its session, its log untouched",
  counted: "listings",
  short: 20,
  full: 1_000,
  atLeast: (count) => count / 8,
  happening: "seen alive",
  run,
};
