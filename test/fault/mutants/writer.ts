/** Goes on with a damaged log as a supervisor does, and looks at what became of it. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { translateFor } from "../../../src/swarm/load-plugins.ts";
import { openKept, recordOwn } from "../../../src/swarm/kept.ts";
import { mend, rest } from "../../../src/swarm/journal.ts";
import { endOf, hasEnded, observe, recordEnd } from "../../../src/swarm/observe.ts";
import { readAgent, readMetaOf } from "../../../src/swarm/reload.ts";
import type { Reader } from "./reader.ts";
import { differences } from "./reader.ts";
import type { Victim } from "./victims.ts";

export interface Written {
  /** Whether the log was torn, and mended. */
  readonly mended: boolean;
  readonly problems: readonly string[];
}

/** `hole`: what was in the log may be gone from its middle. */
export async function takeIn({ tools }: Reader, victim: Victim, hole: boolean): Promise<Written> {
  const path = join(victim.folder, "events.jsonl");
  const before = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
  const meta = readMetaOf(tools, victim.id);
  if (meta === undefined) return { mended: false, problems: [] };
  const kept = openKept(meta, tools.store.paths(victim.id), await translateFor(tools.plugins, meta.runner));
  const problems: string[] = [];
  const { journal, run, facts } = kept;
  const skipped = journal.state.skipped;
  try {
    mend(journal);
    if (run === undefined || facts === undefined) problems.push("no run is seen");
    else {
      if (victim.shown.includes("running") && facts.kind !== "running")
        problems.push(`its run counts as ${facts.kind}`);
      const end = endOf(facts);
      const options = { now: Date.now(), late: true, rest: end !== undefined };
      if (!hasEnded(journal, run)) {
        observe(journal, run, facts, options);
        if (end !== undefined) recordEnd(journal, run, end, options);
      }
    }
    recordOwn(kept, Date.now(), "note", {});
  } finally {
    rest(journal);
  }
  const after = readFileSync(path);
  if (!after.subarray(0, before.length).equals(before)) problems.push("the log was changed before its end");
  const torn = before.length > 0 && before[before.length - 1] !== 10;
  const added = after.subarray(before.length).toString("utf8");
  if (added.startsWith("\n") !== torn) problems.push("a torn line was not ended, or a whole one was");
  const lines = added.split("\n").filter((line) => line !== "");
  const numbers = lines.map((line) => (JSON.parse(line) as { skep: { seq: number } }).skep.seq);
  if (numbers.some((seq, at) => at > 0 && seq !== (numbers[at - 1] ?? 0) + 1))
    problems.push(`numbers: ${numbers.join(" ")}`);
  problems.push(...linesOf(victim, after.toString("utf8"), hole || run?.intent.damaged !== undefined));
  const read = await readAgent(tools, victim.id);
  if (read === undefined) problems.push("it is not to be read any more");
  else {
    if (JSON.stringify(read.journal.state) !== JSON.stringify(journal.state))
      problems.push(`replay gives ${JSON.stringify(read.journal.state)}, live ${JSON.stringify(journal.state)}`);
    problems.push(...differences([read.snapshot], [{ ...read.snapshot }]));
  }
  return { mended: torn || journal.state.skipped > skipped, problems };
}

/** Each line of the newest run's child is in the log, and folded once. */
function linesOf(victim: Victim, text: string, damaged: boolean): string[] {
  if (damaged) return [];
  const run = Number(/runs\/0*(\d+)\//.exec(victim.newest)?.[1]);
  const places = new Map<number, string>();
  let newest = 0;
  for (const line of text.split("\n")) {
    try {
      const entry = JSON.parse(line) as {
        text?: string;
        skep?: { seq: number; run: number; from?: string; at?: number };
      };
      if (entry.skep === undefined || entry.skep.seq <= newest) continue; // a doubled part
      newest = entry.skep.seq;
      if (entry.skep.run !== run || entry.skep.from !== "out" || entry.skep.at === undefined) continue;
      if (places.has(entry.skep.at)) return [`the line at ${entry.skep.at} is there twice`];
      places.set(entry.skep.at, entry.text ?? "");
    } catch {
      continue; // damage
    }
  }
  const got = [...places].toSorted(([a], [b]) => a - b).map(([, line]) => line);
  const missing = victim.lines.filter((line) => !got.includes(line));
  return missing.length === 0 ? [] : [`lines are missing: ${missing.join(", ")}`];
}
