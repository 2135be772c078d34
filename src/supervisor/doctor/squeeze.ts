import { gzipSync } from "node:zlib";
import { append, close, create, openAppend, openRead, readAt, sync, truncate } from "../../disk.ts";

const CHUNK = 4 * 1024 * 1024;

/** Moves what a file holds into a new compressed one; it is empty afterwards. A chunk each: gzip reads them as one. */
export function squeeze(path: string, kept: string): void {
  const from = openRead(path);
  if (from === undefined || !create(kept, "")) throw new Error(`${kept} is there already`);
  const to = openAppend(kept);
  try {
    for (
      let at = 0, chunk = readAt(from, 0, CHUNK);
      chunk.length > 0;
      chunk = readAt(from, (at += chunk.length), CHUNK)
    )
      append(to, gzipSync(chunk));
    sync(to);
  } finally {
    close(to);
    close(from);
  }
  const fd = openAppend(path);
  truncate(fd, 0);
  close(fd);
}
