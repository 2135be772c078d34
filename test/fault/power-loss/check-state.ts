/** Writes a state of the disk down and reads it as skep does after the reboot. */
import { linkSync, mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { listRuns, readIntent, runPaths } from "../../../src/process/run-files.ts";
import { readLog } from "../../../src/store/event-log.ts";
import { readInbox } from "../../../src/store/inbox-log.ts";
import { readAgent, type ReadTools, reload } from "../../../src/swarm/reload.ts";
import { translateFor } from "../../../src/swarm/load-plugins.ts";
import { openKept } from "../../../src/swarm/kept.ts";
import { mend, rest } from "../../../src/swarm/journal.ts";
import type { Deed } from "./recording.ts";

const PER_WRITER = 4; // after one operation in so many the log is gone on with

export type State = ReadonlyMap<string, Buffer | "folder">;

/** Makes the state anew below `to`, where `from` was its root. */
export function writeState(state: State, from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  const before = new Date(Date.now() - 60_000); // the machine was started since
  const written = new Map<Buffer, string>();
  for (const [path, what] of state) {
    if (path !== from && !path.startsWith(`${from}/`)) continue;
    const here = join(to, path.slice(from.length));
    if (what === "folder") mkdirSync(here, { recursive: true, mode: 0o700 });
    else if (written.has(what)) linkSync(written.get(what) ?? "", here);
    else {
      writeFileSync(here, what);
      utimesSync(here, before, before);
      written.set(what, here);
    }
  }
}

/** Puts what shims and children wrote into the folders of runs that are there: each of it whole, in part, empty or not at all. */
export function addStrangers(
  state: Map<string, Buffer | "folder">,
  strangers: ReadonlyMap<string, Buffer>,
  next: () => number,
): void {
  for (const [path, bytes] of strangers) {
    if (state.get(dirname(path)) !== "folder" || !state.has(join(dirname(path), "intent.json"))) continue;
    if (path.endsWith("/claim") && state.has(path)) continue; // given up by the supervisor
    const chance = next();
    if (chance < 0.25) continue;
    state.set(
      path,
      chance < 0.35 ? Buffer.alloc(0) : chance < 0.45 ? bytes.subarray(0, Math.floor(next() * bytes.length)) : bytes,
    );
  }
}

/** What is wrong with a state in which these deeds were begun, and some of them acknowledged. */
export async function checkState(tools: ReadTools, deeds: readonly Deed[], at: number): Promise<string[]> {
  const wrong: string[] = [];
  const { agents } = await reload(tools);
  const is = (kind: Deed["kind"], id: string, when: "begun" | "done"): boolean =>
    deeds.some((deed) => deed.kind === kind && deed.id === id && deed[when] <= at);
  for (const agent of agents) {
    // Of the children none ends well: only one that was idle and stopped is shown as done.
    if (agent.status === "done" && !is("stop", agent.id, "begun")) wrong.push(`${agent.id} is shown as done`);
  }
  for (const { kind, id, message = "", done } of deeds) {
    if (done > at || is("rm", id, "begun")) {
      if (kind === "rm" && done <= at && agents.some((agent) => agent.id === id))
        wrong.push(`${id} was removed and is there`);
      continue;
    }
    const agent = agents.find((one) => one.id === id);
    if (agent === undefined) {
      wrong.push(`${id} is gone, though its ${kind} was acknowledged`);
      continue;
    }
    const { folder, inbox } = tools.store.paths(id);
    const run = kind === "resume" ? 2 : 1;
    const written = listRuns(folder).includes(run) && readIntent(runPaths(folder, run)) !== undefined;
    if ((kind === "spawn" || kind === "resume") && !written)
      wrong.push(`run ${run} of ${id} is forgotten after its ${kind}`);
    if (kind === "send" && !readInbox(inbox).some((one) => one.id === message))
      wrong.push(`${message} to ${id} is lost`);
    if (kind === "stop" && agent.status !== "killed" && agent.status !== "done")
      wrong.push(`${id} was stopped and is ${agent.status}`);
    if (kind === "stop" && hasGap(tools.store.paths(id).log)) wrong.push(`the log of ${id} has a gap before its end`);
  }
  if (at % PER_WRITER === 0) for (const { id } of agents) wrong.push(...(await goOn(tools, id)));
  return wrong;
}

/** An end is synced, and with it all that was written before, in whichever segment. */
function hasGap(log: string): boolean {
  const seen: number[] = [];
  let end = 0;
  readLog(
    log,
    { at: 0, scanned: 0 },
    {
      entry({ stamp, entry }) {
        if (stamp !== undefined) seen.push(stamp.seq);
        if (entry.type === "agent_stopped") end = seen.length;
      },
      skipped: () => {},
    },
  );
  return seen.slice(0, end).some((seq, at) => seq !== at + 1);
}

/** A supervisor can go on from there, and what it sees is what a reader sees. */
async function goOn(tools: ReadTools, id: string): Promise<string[]> {
  const read = await readAgent(tools, id);
  if (read === undefined) return [];
  const kept = openKept(read.meta, tools.store.paths(id), await translateFor(tools.plugins, read.meta.runner));
  try {
    mend(kept.journal);
  } finally {
    rest(kept.journal);
  }
  const again = await readAgent(tools, id);
  return again?.snapshot.status === read.snapshot.status
    ? []
    : [`${id} was ${read.snapshot.status}, and after mending ${again?.snapshot.status}`];
}
