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

/** Waits for a slow reader only as the kernel does; where the descriptor itself does not wait, the stream takes over. */
export function openSink(fd: 1 | 2): Sink {
  let stream: NodeJS.WritableStream | undefined;
  return {
    async write(data) {
      let left = typeof data === "string" ? Buffer.from(data) : data;
      if (stream !== undefined) return writeTo(stream, left);
      try {
        while (left.length > 0) left = left.subarray(writeSync(fd, left));
      } catch (error) {
        if (systemCode(error) !== "EAGAIN") throw error;
        stream = fd === 1 ? process.stdout : process.stderr;
        await writeTo(stream, left);
      }
    },
  };
}

function writeTo(stream: NodeJS.WritableStream, data: Uint8Array): Promise<void> {
  if (stream.listenerCount("error") === 0) stream.on("error", () => {}); // without a listener it would end the process
  return new Promise((resolve, reject) => {
    stream.write(data, (error) => (error ? reject(error) : resolve()));
  });
}
