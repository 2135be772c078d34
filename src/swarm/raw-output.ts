import { close, openRead, readAt } from "../disk.ts";
import { inspectRun } from "../process/liveness.ts";
import { listRuns, readIntent, runPaths } from "../process/run-files.ts";
import type { Store } from "../store/fs-store.ts";
import { endOf } from "./observe.ts";

const CHUNK = 1024 * 1024;

/** What the newest run's child wrote to stdout since the last call, at most a chunk; `ended`: there will be no more. */
export function followRaw(store: Store, id: string): () => { readonly text: string; readonly ended: boolean } {
  const { folder } = store.paths(id);
  const decoder = new TextDecoder(); // in pieces that cut no character
  let at = 0;
  const run = listRuns(folder).at(-1);
  const paths = run === undefined ? undefined : runPaths(folder, run);
  return () => {
    if (paths === undefined) return { text: "", ended: true };
    const intent = readIntent(paths);
    const over = intent === undefined || endOf(inspectRun(paths, intent)) !== undefined;
    const fd = openRead(paths.out);
    if (fd === undefined) return { text: "", ended: over };
    try {
      const chunk = readAt(fd, at, CHUNK);
      at += chunk.length;
      const ended = over && chunk.length < CHUNK;
      return { text: decoder.decode(chunk, { stream: !ended }), ended };
    } finally {
      close(fd);
    }
  };
}

/** All of it, as it stands now. */
export async function rawOutput(store: Store, id: string, write: (text: string) => Promise<void>): Promise<void> {
  const next = followRaw(store, id);
  for (;;) {
    const { text, ended } = next();
    await write(text);
    if (ended || text === "") return;
  }
}
