/** What is said on an open stdin: the file `in`, which a feeder copies to the child. Never torn, never twice. */
import { append, close, openAppend, readAt, sizeOf, stat, sync } from "../disk.ts";
import { inputDiffers } from "../errors.ts";
import { isAlive } from "./liveness.ts";
import { readFeed, type RunPaths } from "./run-files.ts";

/** Bytes said so far. */
export const inputSize = (paths: RunPaths): number => stat(paths.in)?.size ?? 0;

/** Writes these bytes at this place, as far as they are not there yet; on disk when it returns. */
export function appendInput(paths: RunPaths, at: number, bytes: Buffer): void {
  const fd = openAppend(paths.in);
  try {
    const size = sizeOf(fd);
    if (size < at) throw inputDiffers(paths.in, `it has ${size} bytes, ${at} were said before`);
    const there = readAt(fd, at, Math.min(bytes.length, size - at));
    if (!there.equals(bytes.subarray(0, there.length))) throw inputDiffers(paths.in, `other bytes stand at ${at}`);
    append(fd, bytes.subarray(there.length));
    sync(fd);
  } finally {
    close(fd);
  }
}

/** Ends the child's stdin once it has read all: the feeder leaves when its closer has ended. */
export function closeInput(paths: RunPaths): void {
  const closer = readFeed(paths);
  if (closer !== undefined && isAlive(closer)) process.kill(closer.pid, "SIGKILL");
}
