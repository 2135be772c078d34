/** What process.stdout and process.stderr do as well, which cost 10 ms of CPU to load under Bun: half of a short verb. */
import { fstatSync, writeSync } from "node:fs";
import { systemCode } from "../errors.ts";

/** Written as it can be taken; each write tells of its own error. */
export interface Sink {
  write(data: string | Uint8Array): Promise<void>;
}

const streamOf = (fd: 0 | 1 | 2): { readonly isTTY: boolean } =>
  fd === 0 ? process.stdin : fd === 1 ? process.stdout : process.stderr;

const MEMORY_DEVICES = 1; // their major number: /dev/null is one

export function isTerminal(fd: 0 | 1 | 2): boolean {
  try {
    const stat = fstatSync(fd);
    return stat.isCharacterDevice() && stat.rdev >> 8 !== MEMORY_DEVICES && streamOf(fd).isTTY;
  } catch {
    return false; // closed: the first write says so
  }
}

/** All of it, to its end. What reads streams is loaded then: 3 ms. */
export const readStdin = async (): Promise<string> => (await import("node:stream/consumers")).text(process.stdin);

const AGAIN_MS = 5;

/** Waits for a slow reader as the kernel does; where the descriptor itself does not wait, it asks again. Deno's own streams do not. */
export function openSink(fd: 1 | 2): Sink {
  return {
    async write(data) {
      let left = typeof data === "string" ? Buffer.from(data) : data;
      while (left.length > 0) {
        try {
          left = left.subarray(writeSync(fd, left));
        } catch (error) {
          if (!wouldWait(error)) throw error;
          await new Promise((again) => setTimeout(again, AGAIN_MS));
        }
      }
    },
  };
}

/** Deno gives this error no code. */
const wouldWait = (error: unknown): boolean =>
  systemCode(error) === "EAGAIN" || (error instanceof Error && error.name === "WouldBlock");
