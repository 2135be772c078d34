import { foreignIsAlive } from "../process/inbox-socket.ts";
import type { Hive } from "./hive.ts";
import { keep } from "./keep.ts";
import { isAlive, type Kept } from "./kept.ts";

/** One change of an agent at a time. It may have been let go of while this one waited for its turn. */
export async function change<T>(hive: Hive, id: string, work: (kept: Kept) => Promise<T>): Promise<T> {
  for (;;) {
    const kept = await keep(hive, id);
    const done = await kept.serial(async () => (hive.kept.get(id) === kept ? { result: await work(kept) } : undefined));
    if (done !== undefined) return done.result;
  }
}

/** Whether another supervisor's run of it lives. A run of ours listens on the same inbox. */
export const isForeign = (kept: Kept): boolean =>
  kept.journal.state.foreign > 0 && !isAlive(kept) && foreignIsAlive(kept.meta.inboxPath);
