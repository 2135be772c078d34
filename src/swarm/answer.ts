/** Answers what an agent asks: by what the user decided at its spawn (`--approve`), else by whoever says so later. */
import { decide, parseApproval } from "../core/approval.ts";
import { nothingWaits, reasonOf } from "../errors.ts";
import type { Command, Runner } from "../types.ts";
import { sayTo } from "./deliver.ts";
import type { Hive } from "./hive.ts";
import { isAlive, type Kept, recordOwn } from "./kept.ts";

type Answer = Command & { readonly kind: "answer" };

/** A person's answer. Throws SkepError "state" when nothing of that name is asked. */
export async function answerFor(hive: Hive, kept: Kept, runner: Runner, command: Answer): Promise<void> {
  const asked = kept.journal.state.waiting.some(({ request }) => request === command.request);
  if (!asked) throw nothingWaits(kept.id, command.request);
  if (runner.dialogue === undefined) recordOwn(kept, hive.now(), "said", { command });
  await sayTo(hive, kept, runner, command);
}

/**
 * Answers by the agent's approval what it asks for now. It is said in the same look that saw the question, so nobody is told
 * that the agent waits; in the log stand both. A later supervisor answers what an earlier one did not come to.
 */
export function answerByApproval(hive: Hive, kept: Kept): void {
  const { runner, journal, run } = kept;
  if (journal.state.waiting.length === 0 || runner?.asks !== true || !isAlive(kept) || kept.stopping) return;
  const approval = parseApproval(run?.intent.options["approve"]) ?? "ask";
  for (const { request, what } of journal.state.waiting) {
    const allow = decide(approval, what);
    if (allow === undefined) continue;
    const command: Answer = { kind: "answer", request, allow, ...(allow ? {} : { reason: "It is not allowed here." }) };
    recordOwn(kept, hive.now(), "said", { command, by: "--approve" });
    if (runner.dialogue !== undefined) continue; // it hears what was said, and says it in this look too
    void kept
      .serial(() => sayTo(hive, kept, runner, command))
      .catch((error: unknown) => hive.warn(`${kept.id}: it could not be answered: ${reasonOf(error)}`));
  }
}
