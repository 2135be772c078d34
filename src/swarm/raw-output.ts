import { close, openRead, readAt } from "../disk.ts";
import { inspectRun } from "../process/liveness.ts";
import { listRuns, recoverIntent, runPaths } from "../process/run-files.ts";
import type { Store } from "../store/store.ts";
import { endOf } from "./observe.ts";

const CHUNK = 1024 * 1024;
const NOTHING = Buffer.alloc(0);

/** What the newest run's child wrote to stdout since the last call, at most a chunk; `ended`: there will be no more. */
export function followRaw(store: Store, id: string): () => { readonly bytes: Buffer; readonly ended: boolean } {
  const { folder } = store.paths(id);
  let at = 0;
  const run = listRuns(folder).at(-1);
  const paths = run === undefined ? undefined : runPaths(folder, run);
  return () => {
    if (run === undefined || paths === undefined) return { bytes: NOTHING, ended: true };
    const intent = recoverIntent(paths, run);
    const facts = intent === undefined ? undefined : inspectRun(paths, intent);
    const over = facts === undefined || facts.kind === "unreadable" || endOf(facts) !== undefined;
    const fd = openRead(paths.out);
    if (fd === undefined) return { bytes: NOTHING, ended: over };
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
    const { bytes, ended } = next();
    await write(bytes);
    if (ended || bytes.length === 0) return;
  }
}
