/** Which agents are kept: taken over when the supervisor starts, loaded when asked for, let go of when they rest. */
import { translateFor } from "./load-plugins.ts";
import { nextMessage } from "../core/queue.ts";
import { notFound, reasonOf, swarmClosed } from "../errors.ts";
import { makeSure, tellKept } from "./deliver.ts";
import type { ProcessId } from "../process/run-files.ts";
import { GRACE_MS, type Hive, tellFault } from "./hive.ts";
import type { Indexer } from "./indexer.ts";
import { letStart } from "./logins.ts";
import { isAlive, type Kept, openKept, recordOwn } from "./kept.ts";
import { isDue } from "./net.ts";
import { hasEnded, hasMore } from "./observe.ts";
import { readMetaOf } from "./reload.ts";
import { indexFor, openIndex, type SwarmIndex } from "./swarm-index.ts";
import { clearUnmade } from "./spawn.ts";
import { stopRun } from "./stop-run.ts";
import { endLinger, follow, letGo, pump } from "./supervise.ts";

const TICK_MS = 1_000; // the grain of timeouts, and of the net below fs.watch
const REST_MS = 60_000; // an ended agent is kept in memory this long after its last event

/** The agent of this id, taken over if it is not yet. Throws SkepError "not_found" or "corrupt". */
export async function keep(hive: Hive, id: string, index?: SwarmIndex): Promise<Kept> {
  const known = hive.kept.get(id);
  if (known !== undefined) return known;
  if (hive.closed) throw swarmClosed();
  const meta = readMetaOf(hive, id);
  if (meta === undefined) throw notFound(id);
  const paths = hive.store.paths(id);
  const translate = await translateFor(hive.plugins, meta.runner);
  const from = await (index ?? indexFor(hive, id))?.checkpoint(id);
  const meanwhile = hive.kept.get(id);
  if (meanwhile !== undefined) return meanwhile;
  const kept = openKept(meta, paths, translate, from, hive.settings.maxLogBytes);
  const { journal, run } = kept;
  const cut = journal.state.run === 0 && journal.state.heldBack === undefined;
  if (run === undefined && meta.skep !== undefined && cut) {
    const error = "its spawn was cut off";
    recordOwn(kept, hive.now(), "agent_stopped", { run: 1, reason: "failed_to_start", error }, 1);
  }
  tellKept(hive, kept);
  hive.kept.set(id, kept);
  kept.linger = run !== undefined && hasEnded(journal, run) && hasMore(journal, run);
  if (run === undefined || hasEnded(journal, run)) kept.late = false;
  else await takeOver(hive, kept);
  letStart(hive, kept); // whether its login works is tried anew
  pump(hive, kept);
  return kept;
}

/** A run that an earlier supervisor started goes on under this one. */
async function takeOver(hive: Hive, kept: Kept): Promise<void> {
  kept.unsure = true;
  const { damaged } = kept.run?.intent ?? {};
  if (damaged !== undefined) hive.warn(`${kept.id}: watched, but not to be spoken to: ${damaged}`);
  follow(hive, kept);
  const runner = await hive.plugins.runner(kept.meta.runner).catch((error: unknown) => {
    hive.warn(`${kept.id}: watched, but not to be spoken to: ${reasonOf(error)}`);
    return undefined;
  });
  kept.runner = runner;
  try {
    if (runner !== undefined) makeSure(hive, kept, runner);
  } catch (error) {
    tellFault(hive, kept.id, `${kept.id}: ${reasonOf(error)}`); // it is watched and can be stopped all the same
  }
  const { stop } = kept.journal.state;
  if (stop === undefined || stop.run !== kept.run?.run) return;
  // What a killed supervisor was asked to stop stays stopped.
  void kept
    .serial(() => stopRun(hive, kept, runner, { by: stop.by, reason: stop.reason, grace: GRACE_MS }))
    .catch((error: unknown) => hive.warn(`${kept.id}: ${reasonOf(error)}`));
}

/**
 * Takes over all agents, one by one, with a pause for others in between: the socket answers meanwhile. Those that ended and
 * that nothing can come of are left to rest.
 */
export async function takeOverAll(hive: Hive): Promise<void> {
  const index = openIndex(hive);
  for (const id of hive.store.ids()) {
    if (hive.closed) return;
    try {
      if ((await index.settled(id)) !== undefined) continue;
      await keep(hive, id, index);
    } catch (error) {
      hive.warn(`${id} is left out: ${reasonOf(error)}`);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Sees that live agents are looked at, shuts idle ones down, ends those whose time is up, and lets go of those at rest. */
export function startTicking(hive: Hive, { write }: Indexer): () => void {
  const timer = setInterval(() => {
    write(); // before those at rest are let go of
    for (const id of hive.unmade) clearUnmade(hive, id);
    for (const kept of hive.kept.values()) tick(hive, kept);
  }, TICK_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function tick(hive: Hive, kept: Kept): void {
  const { journal, run } = kept;
  const now = hive.now();
  const over = run === undefined || hasEnded(journal, run);
  if (over && kept.linger) endLinger(hive, kept);
  if (over && !kept.linger && nextMessage(journal.state) === undefined) {
    const rests = journal.state.heldBack === undefined && !kept.starting && !kept.stopping && kept.pending === 0;
    if (rests && now - journal.state.updated > REST_MS) letGo(hive, kept);
    return;
  }
  if (!isCalm(hive, kept) || isDue(kept.net, journal.seq, polledOf(kept))) pump(hive, kept);
  if (over || !isAlive(kept) || kept.stopping) return;
  const { timeout } = kept.meta.skep ?? {};
  const started = journal.state.runs.at(-1)?.started ?? now;
  if (timeout !== undefined && now - started > timeout) end(hive, kept, "timeout", "its timeout");
  else if (
    kept.snapshot.phase === "idle" &&
    run.intent.turns === "live" &&
    now - journal.state.updated > hive.settings.idleTimeout
  ) {
    end(hive, kept, "shutdown", "its idle timeout");
  }
}

/** Whether no change of the agent can go unnoticed, so that it need not be looked at each second. */
function isCalm(hive: Hive, kept: Kept): boolean {
  const { facts, journal, watcher } = kept;
  if (watcher === undefined || kept.unsure || kept.pending > 0 || hive.faults.has(kept.id)) return false;
  if (nextMessage(journal.state) !== undefined) return false;
  return (
    facts?.kind === "orphaned" || (facts?.kind === "running" && facts.shim !== undefined && facts.child !== undefined)
  );
}

/** The process that no file and no event tells of when it is killed. */
function polledOf({ facts, tended, run }: Kept): ProcessId | undefined {
  if (facts?.kind === "orphaned") return facts.child;
  return facts?.kind === "running" && tended !== run?.run ? facts.shim : undefined;
}

function end(hive: Hive, kept: Kept, reason: "timeout" | "shutdown", by: string): void {
  kept.stopping = true;
  void kept
    .serial(async () => {
      const runner = await hive.plugins.runner(kept.meta.runner).catch(() => undefined); // it is ended by signals then
      await stopRun(hive, kept, runner, { by, reason, grace: GRACE_MS });
    })
    .finally(() => (kept.stopping = false)) // what failed is tried again with the next tick
    .catch((error: unknown) => hive.warn(`${kept.id}: ${reasonOf(error)}`));
}

/** Whether anything needs a supervisor: a live run, or a message that waits for one. */
export function isBusy(hive: Hive): boolean {
  for (const kept of hive.kept.values()) if (needsUs(kept)) return true;
  return false;
}

const needsUs = (kept: Kept): boolean =>
  kept.starting ||
  kept.pending > 0 ||
  isAlive(kept) ||
  (kept.run !== undefined && !hasEnded(kept.journal, kept.run)) ||
  nextMessage(kept.journal.state) !== undefined;
