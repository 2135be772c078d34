/** Ends runs, and everything they started. Goes on where an earlier supervisor was killed in the middle. */
import { inspectRun } from "../process/liveness.ts";
import { agentMark, runMark } from "../process/mark.ts";
import { sweep, terminate } from "../process/terminate.ts";
import { endNotKept, reasonOf, runsElsewhere } from "../errors.ts";
import type { Runner } from "../types.ts";
import { sayTo } from "./deliver.ts";
import type { Hive } from "./hive.ts";
import { endHold } from "./logins.ts";
import { freshSnapshot, type Kept, recordOwn } from "./kept.ts";
import { endOf, hasEnded } from "./observe.ts";
import { pump } from "./supervise.ts";

export interface StopWish {
  readonly by: string;
  readonly grace: number; // ms, for each step
  readonly reason?: "cancelled" | "shutdown" | "timeout"; // by default: shutdown for an idle agent, else cancelled
}

/** Returns when the run has ended and its end is in the log. Of an agent that has ended, what its runs left behind is ended. */
export async function stopRun(hive: Hive, kept: Kept, runner: Runner | undefined, wish: StopWish): Promise<void> {
  const { run, journal } = kept;
  const agent = agentMark(hive.rootInode(), kept.id);
  if (run === undefined || hasEnded(journal, run)) {
    giveUpStart(hive, kept, wish);
    await sweep(agent, wish.grace);
    return;
  }
  if (inspectRun(run.paths, run.intent).kind === "elsewhere") throw runsElsewhere(kept.id);
  if (journal.state.stop?.run !== run.run) {
    const reason = wish.reason ?? (freshSnapshot(kept).phase === "idle" ? "shutdown" : "cancelled");
    recordOwn(kept, hive.now(), "stop_requested", { by: wish.by, reason }, run.run);
    journal.writer?.sync();
  }
  kept.stopping = true;
  try {
    await terminate(
      { paths: run.paths, intent: run.intent, mark: runMark(hive.rootInode(), kept.id, run.run) },
      { grace: wish.grace, first: () => askToLeave(hive, kept, runner) },
    );
    await sweep(agent, wish.grace);
    await ended(hive, kept);
  } finally {
    kept.stopping = false;
    pump(hive, kept);
  }
}

/** What is held back is not started any more; its messages wait for a resume. */
function giveUpStart(hive: Hive, kept: Kept, { by, reason = "cancelled" }: StopWish): void {
  if (!endHold(hive, kept)) return;
  const first = kept.journal.state.run === 0 ? 1 : undefined; // the run that it never had ends
  recordOwn(kept, hive.now(), "stop_requested", { by, reason }, first);
  if (first !== undefined) recordOwn(kept, hive.now(), "agent_stopped", { run: first, reason }, first);
}

/** Whether the agent was asked in its own way: a closed stdin asks nothing of a child that has none. */
async function askToLeave(hive: Hive, kept: Kept, runner: Runner | undefined): Promise<boolean> {
  if (runner === undefined) return false;
  try {
    const said = await sayTo(hive, kept, runner, { kind: "shutdown" });
    return said.to === "close" ? kept.run?.intent.stdin === "open" : said.to !== "refused" && said.to !== "next_run";
  } catch (error) {
    hive.warn(`${kept.id}: it could not be asked to leave: ${reasonOf(error)}`);
    return false; // the signals need nobody's answer
  }
}

/**
 * Waits for the end of a run whose processes have ended. A reader sees it at once, and whoever acts on that shall not hear
 * that it runs, while what it left behind is followed for a moment.
 */
export async function seenOut(hive: Hive, kept: Kept): Promise<void> {
  const { run, journal } = kept;
  if (run === undefined || hasEnded(journal, run)) return;
  if (endOf(inspectRun(run.paths, run.intent)) !== undefined) await ended(hive, kept);
}

const REFUSED_MS = 5_000;
/**
 * Resolves when the log has the run's end: the look that follows is the supervisor's own. Rejects when that fails for 5 s:
 * who asked is told then, and the supervisor goes on trying.
 */
function ended(hive: Hive, kept: Kept): Promise<void> {
  let refusedSince: number | undefined;
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (hive.closed || kept.run === undefined || hasEnded(kept.journal, kept.run)) return resolve();
      const fault = hive.faults.get(kept.id);
      if (fault === undefined) refusedSince = undefined;
      else refusedSince ??= hive.now();
      if (fault !== undefined && hive.now() - (refusedSince ?? 0) > REFUSED_MS)
        return reject(endNotKept(kept.id, fault));
      pump(hive, kept);
      setTimeout(look, 5);
    };
    look();
  });
}
