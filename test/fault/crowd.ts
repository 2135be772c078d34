/** Many agents with long logs, some damaged, that a new supervisor takes over and a reader lists; and many that live. */
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { findSupervisor } from "../../src/supervisor/start.ts";
import { ended, until } from "../sandbox.ts";
import { openSupervised, type Supervised } from "../supervisor/supervised.ts";
import { spawn } from "node:child_process";
import type { Outcome, Scenario, Stage } from "./scenario.ts";

const LIMIT_MB = 150;
const LIVE = 20; // half of them silent
const MARK = "agent-0000"; // as long as what stands in its place
const nameOf = (at: number): string => `agent-${String(at).padStart(4, "0")}`;

/** One agent that skep itself made: 1 MB of messages, then its answer. */
async function makeTemplate(kept: Supervised): Promise<string> {
  const said = (text: string): string =>
    JSON.stringify({ type: "assistant_message", content: [{ type: "text", text }] });
  const script = `yes '${said(`${MARK} ${"z".repeat(800)}`)}' | head -n 950; echo '${said(`the answer of ${MARK}`)}'`;
  const id = await kept.spawn({ args: ["sh", "-c", script], options: { jsonl: true } }, { id: MARK });
  await kept.reaches(id, ({ phase }) => phase === "ended");
  await kept.kill();
  return kept.folderOf(id);
}

/** Copies of the template, each with its own name everywhere. */
function makeCrowd(kept: Supervised, template: string, count: number): void {
  const files = readdirSync(template, { recursive: true, encoding: "utf8" });
  const texts = files.flatMap((file) => {
    try {
      return [[file, readFileSync(join(template, file), "utf8")] as const];
    } catch {
      return []; // a folder
    }
  });
  for (let at = 1; at <= count; at += 1) {
    const folder = kept.folderOf(nameOf(at));
    cpSync(template, folder, { recursive: true });
    for (const [file, text] of texts) writeFileSync(join(folder, file), text.replaceAll(MARK, nameOf(at)));
  }
  rmSync(template, { recursive: true });
}

/** Each in another way; what is left of it must be reported and hide nobody else. */
const DAMAGE: readonly ((folder: string) => void)[] = [
  (folder) => writeFileSync(join(folder, "meta.json"), "{"),
  (folder) => writeFileSync(join(folder, "meta.json"), "\0".repeat(4096)),
  (folder) => writeFileSync(join(folder, "meta.json"), JSON.stringify({ id: "another", task: "x" })),
  (folder) => {
    renameSync(join(folder, "meta.json"), join(folder, "elsewhere.json"));
    symlinkSync(join(folder, "elsewhere.json"), join(folder, "meta.json"));
  },
  (folder) => {
    rmSync(join(folder, "events.jsonl"));
    mkdirSync(join(folder, "events.jsonl"));
  },
];

const statusOf = (pid: number, key: string): number =>
  Number(new RegExp(`${key}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
/** Descriptors; `files`: of regular files. The others are handles of the processes that it started. */
function openIn(pid: number): { readonly all: number; readonly files: number } {
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return ""; // closed meanwhile
    }
  });
  return { all: links.length, files: links.filter((link) => link.startsWith("/")).length };
}

async function supervisorOf(kept: Supervised): Promise<number> {
  await kept.start();
  return (await findSupervisor(kept.root, kept.env))?.pid ?? 0;
}

async function run(stage: Stage): Promise<Outcome> {
  const kept = await openSupervised({ env: stage.env, command: [stage.skep] });
  const failures: string[] = [];
  const notes: Record<string, number> = {};
  const skep = (...args: string[]): ReturnType<typeof ended> =>
    ended(spawn(stage.skep, [...args, "--root", kept.root], { env: kept.env, stdio: ["ignore", "pipe", "pipe"] }));
  try {
    await kept.start();
    const template = await makeTemplate(kept);
    makeCrowd(kept, template, stage.count);
    DAMAGE.forEach((damage, at) => damage(kept.folderOf(nameOf(Math.floor(((at + 1) * stage.count) / 6)))));
    const damaged = new Set(DAMAGE.map((_, at) => nameOf(Math.floor(((at + 1) * stage.count) / 6))));
    const right = stage.count - damaged.size;
    stage.log(`${stage.count} agents are there`);

    // A reader, before any supervisor has seen them.
    const listed = await skep("reload", "--json");
    const { loaded, errors } = JSON.parse(listed.stdout) as { loaded: number; errors: { path: string }[] };
    const told = new Set(errors.map(({ path }) => /agent-\d{4}/.exec(path)?.[0]));
    if (loaded !== right) failures.push(`${loaded} were loaded instead of ${right}`);
    for (const name of damaged) if (!told.has(name)) failures.push(`nothing is said of ${name}, which is damaged`);
    if (told.size !== damaged.size) failures.push(`${told.size} are called damaged`);
    const agents = JSON.parse((await skep("ls", "-a", "--json")).stdout) as {
      id: string;
      last_assistant?: string;
      status: string;
    }[];
    const wrong = agents.filter(
      ({ id, last_assistant, status }) => status !== "done" || last_assistant !== `the answer of ${id}`,
    );
    if (wrong.length > 0 || agents.length !== right)
      failures.push(`${agents.length} listed, ${wrong.length} wrong, such as ${wrong[0]?.id}`);

    // A supervisor that takes them all over, with what it has open meanwhile.
    const pid = await supervisorOf(kept);
    const base = openIn(pid).all;
    let most = base;
    const watching = setInterval(() => (most = Math.max(most, openIn(pid).all)), 5);
    for (let at = 1; at <= stage.count; at += 1) {
      if (damaged.has(nameOf(at))) continue;
      const { status, last_assistant } = await kept.swarm.show(nameOf(at));
      if (status !== "done" || last_assistant !== `the answer of ${nameOf(at)}`)
        failures.push(`${nameOf(at)} is taken over wrong`);
    }
    clearInterval(watching);
    notes["MB at most in the supervisor"] = Math.round(statusOf(pid, "VmHWM") / 1024);
    notes["files open at most"] = most;
    stage.log(`taken over: ${JSON.stringify(notes)}`);

    // Live ones: at most one open file each.
    const before = openIn(pid);
    const live: string[] = [];
    for (let at = 0; at < LIVE; at += 1) {
      const script = at % 2 === 0 ? "while :; do echo tick; sleep 0.2; done" : "echo tick; exec sleep 7654";
      live.push(await kept.spawn({ args: ["sh", "-c", script] }));
    }
    for (const id of live)
      await until(
        () => kept.swarm.show(id),
        ({ tail }) => tail.includes("tick"),
      );
    const now = openIn(pid);
    if (now.files - before.files > LIVE) failures.push(`${now.files - before.files} files are open for ${LIVE} agents`);
    // What says nothing needs none: then only the handle of its shim is left.
    const quiet = await until(
      () => openIn(pid),
      ({ files }) => files - before.files <= LIVE / 2,
    ).catch(() => openIn(pid));
    notes["files open for 10 busy and 10 silent agents"] = quiet.files - before.files;
    if (quiet.files - before.files > LIVE / 2) failures.push(`${quiet.files - before.files} files stay open`);
    if (quiet.all - before.all > 1.6 * LIVE) failures.push(`${quiet.all - before.all} descriptors for ${LIVE} agents`);
    if (most > base + stage.count) failures.push(`${most} files were open while ${stage.count} were taken over`);
    const peak = Math.round(statusOf(pid, "VmHWM") / 1024);
    notes["MB at most in the supervisor"] = peak;
    if (peak > LIMIT_MB) failures.push(`the supervisor had ${peak} MB`);
    for (const id of live) await kept.swarm.stop(id, { grace: 200 });
  } finally {
    await kept.close();
  }
  return { done: stage.count, happened: DAMAGE.length, failures, notes };
}

export const scenario: Scenario = {
  name: "crowd",
  what: "agents with 1 MB of log each, five of them damaged",
  holds: `the others right for readers and a new supervisor, that under ${LIMIT_MB} MB and with at most one open file an agent`,
  counted: "agents",
  short: 30,
  full: 500,
  atLeast: () => DAMAGE.length,
  happening: "damaged",
  run,
};
