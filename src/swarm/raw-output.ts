import { close, openRead, readAt } from "../disk.ts";
import { outputDropped } from "../errors.ts";
import { inspectRun } from "../process/liveness.ts";
import { listRuns, recoverIntent, runPaths } from "../process/run-files.ts";
import { lastStamp } from "../store/event-log.ts";
import { unpacked } from "../store/packed.ts";
import type { Store } from "../store/store.ts";
import { endOf } from "./observe.ts";

const CHUNK = 1024 * 1024;
const NOTHING = Buffer.alloc(0);

/** `ended`: there will be no more. */
export type RawSource = () => Promise<{ readonly bytes: Buffer; readonly ended: boolean }>;

/**
 * What the newest run's child wrote to stdout since the last call, at most a chunk. It may have been packed, also between
 * two calls. Throws SkepError "state" when it was dropped.
 */
export function followRaw(store: Store, id: string): RawSource {
  const { folder, log } = store.paths(id);
  let at = 0;
  let packed: AsyncGenerator<Buffer> | undefined;
  const run = listRuns(folder).at(-1);
  const paths = run === undefined ? undefined : runPaths(folder, run);
  return async () => {
    if (run === undefined || paths === undefined) return { bytes: NOTHING, ended: true };
    const intent = recoverIntent(paths, run);
    const facts = intent === undefined ? undefined : inspectRun(paths, intent);
    const over = facts === undefined || facts.kind === "unreadable" || endOf(facts) !== undefined;
    const fd = packed === undefined ? openRead(paths.out) : undefined;
    if (fd === undefined) {
      packed ??= unpacked(paths.out, at);
      const chunk = await packed?.next();
      if (chunk?.done === false) return { bytes: chunk.value, ended: false };
      const stamp = packed === undefined && over ? lastStamp(log) : undefined;
      if (stamp?.run === run && stamp.cursor.out > at) throw outputDropped(id);
      return { bytes: NOTHING, ended: over };
    }
    try {
      const bytes = readAt(fd, at, CHUNK);
      at += bytes.length;
      return { bytes, ended: over && bytes.length < CHUNK };
    } finally {
      close(fd);
    }
  };
}

/** All of it, as it stands now. */
export async function rawOutput(store: Store, id: string, write: (bytes: Buffer) => Promise<void>): Promise<void> {
  const next = followRaw(store, id);
  for (;;) {
    const { bytes, ended } = await next();
    await write(bytes);
    if (ended || bytes.length === 0) return;
  }
}
