/**
 * Reads one agent's entries in order, first those of the log, then what its run's files hold and no supervisor has taken in
 * yet; each once, also when a supervisor appends later what was shown from the files.
 */
import { translateFor } from "./load-plugins.ts";
import type { Meta } from "../core/meta.ts";
import { apply } from "../core/apply.ts";
import { parseLine, type Stream } from "../core/entry.ts";
import { INITIAL } from "../core/state.ts";
import type { Translate } from "../core/translate.ts";
import { readLogAt } from "../store/segments.ts";
import type { Snapshot } from "../types.ts";
import { makeSnapshot } from "../core/snapshot.ts";
import { type Heard, type Journal, openJournal, readJournal } from "./journal.ts";
import { lookAt } from "./observe.ts";
import { factsOf, type ReadTools } from "./reload.ts";
import { indexFor } from "./swarm-index.ts";

export interface LogFollower {
  /** Gives what has come since the last call, and how the agent stands then. */
  next(visit: Heard): Snapshot;
  /** Older entries were left out. */
  readonly partial: boolean;
}

/** `tail`: of a log that the index knows, only about this many of its last bytes are wanted. */
export async function followLog(tools: ReadTools, meta: Meta, tail?: number): Promise<LogFollower> {
  const translate = await translateFor(tools.plugins, meta.runner);
  const shown = makeShown();
  const paths = tools.store.paths(meta.id);
  const known = tail === undefined ? undefined : await indexFor(tools, meta.id)?.checkpoint(meta.id);
  const from = known !== undefined && tail !== undefined && known.at > tail ? known : undefined;
  let base: Journal | undefined;
  let ahead: Journal | undefined; // the log and, in memory, what its run's files hold beyond it
  return {
    partial: from !== undefined,
    next(visit) {
      const once: Heard = (entry, events, text) => {
        if (shown(entry)) visit(entry, events, text);
      };
      const before = base?.seq;
      if (base === undefined) {
        if (from !== undefined && tail !== undefined) readTail(paths.log, from.at - tail, from.at, translate, once);
        base = openJournal(paths, translate, false, once, from);
      } else readJournal(base, once);
      if (ahead === undefined || base.seq !== before) ahead = { ...base, position: { ...base.position } };
      ahead.heard = once;
      const { facts, reach } = lookAt(ahead, tools.now());
      return makeSnapshot(meta, ahead.state, factsOf(meta, ahead, facts), reach);
    },
  };
}

/** Entries whose lines stand whole between two bytes, with what they mean: that does not depend on what came before. */
function readTail(log: string, from: number, to: number, translate: Translate, visit: Heard): void {
  const bytes = readLogAt(log, from, to - from);
  const text = bytes.toString("utf8", bytes.indexOf(10) + 1);
  let state = INITIAL; // only to tell what was written twice
  for (const line of text.split("\n")) {
    const entry = line === "" ? undefined : parseLine(line)?.entry;
    if (entry === undefined) continue;
    const applied = apply(state, entry, translate);
    state = applied.state;
    visit(entry, applied.events, () => line);
  }
}

/** Says of each entry whether it is new: a child's line by its place in its run's file, skep's own by what it says. */
function makeShown(): (entry: Parameters<Heard>[0]) => boolean {
  const lines = new Map<string, number>();
  const own = new Set<string>();
  return ({ origin, type, data }) => {
    if (origin.by === "other") return true;
    if (origin.by === "child") {
      const key: `${number}/${Stream}` = `${origin.run}/${origin.stream}`;
      if (origin.at < (lines.get(key) ?? 0)) return false;
      lines.set(key, origin.at + 1);
      return true;
    }
    if (!SYNTHESIZED.has(type)) return true;
    const key = JSON.stringify([origin.run, type, data["message"], data["at"]]);
    if (own.has(key)) return false;
    own.add(key);
    return true;
  };
}

/** Entries of skep's own that a reader makes in memory before a supervisor writes them. */
const SYNTHESIZED: ReadonlySet<string> = new Set([
  "agent_started",
  "agent_stopped",
  "message_delivered",
  "user_message",
  "line_too_long",
]);
