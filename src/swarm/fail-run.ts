/** Ends runs that went wrong in a way their agent does not notice. Why is in the log first, so it is gone on with later. */
import { reasonOf } from "../errors.ts";
import { runMark } from "../process/mark.ts";
import { terminate } from "../process/terminate.ts";
import { GRACE_MS, type Hive } from "./hive.ts";
import { type Kept, recordOwn } from "./kept.ts";
import type { ObservedRun } from "./observe.ts";

export function failRun(hive: Hive, kept: Kept, run: ObservedRun): void {
  checkConversation(hive, kept, run);
  if (kept.journal.state.fault === undefined || kept.journal.state.run !== run.run || kept.failing) return;
  kept.failing = true;
  const target = { paths: run.paths, intent: run.intent, mark: runMark(hive.rootInode(), kept.id, run.run) };
  void kept
    .serial(() => terminate(target, { grace: GRACE_MS }))
    .catch((error: unknown) => hive.warn(`${kept.id}: ${reasonOf(error)}`))
    .finally(() => (kept.failing = false));
}

/** An agent that goes on with another conversation than the one it was asked for would work without what was said before. */
function checkConversation(hive: Hive, kept: Kept, { run, intent }: ObservedRun): void {
  const { session, sessionRun, fault } = kept.journal.state;
  const { agent_session: wanted } = intent;
  if (wanted === undefined || session === undefined || sessionRun !== run || fault !== undefined) return;
  if (session !== wanted) recordOwn(kept, hive.now(), "conversation_differs", { wanted, told: session }, run);
}
