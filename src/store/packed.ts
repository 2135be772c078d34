/** Files as gzip (RFC 1952), a chunk at a time: `<name>.gz`. */
import type { Transform } from "node:stream";
import type * as nodeStreams from "node:stream/promises";
import type * as nodeZlib from "node:zlib";
import { append, close, move, openNew, openRead, readAt, remove, stat, sync } from "../disk.ts";
import { corruptFile, systemCode } from "../errors.ts";

export const ZIPPED = ".gz";
const CHUNK = 1024 * 1024;
const HALF_MADE = /\.gz\.\d+\.tmp$/;

/** Loaded with the first file: a supervisor that packs none is 3 MB smaller. */
const streams = (): typeof nodeStreams => process.getBuiltinModule("node:stream/promises");
const zlib = (): typeof nodeZlib => process.getBuiltinModule("node:zlib");
export const zips = (): Transform => zlib().createGzip();
const unzips = (): Transform => zlib().createGunzip();

/** Makes a file of what is in another one, through a stream; on disk when it resolves, but for its name. */
export async function pass(from: string, to: string, through?: Transform, check?: () => void): Promise<void> {
  const source = openRead(from);
  if (source === undefined) throw corruptFile(from, "it is gone");
  try {
    const target = openNew(to);
    const write = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
      for await (const chunk of chunks) append(target, chunk);
    };
    try {
      if (through === undefined) await write(chunksOf(source, check));
      else await streams().pipeline(chunksOf(source, check), through, write);
      sync(target);
    } finally {
      close(target);
    }
  } finally {
    close(source);
  }
}

/** Throws SkepError "corrupt" when it is no whole gzip file. */
export async function unzip(from: string, to: string): Promise<void> {
  try {
    await pass(from, to, unzips());
  } catch (error) {
    throw unreadable(from, error);
  }
}

/**
 * Puts `<path>.gz` in a file's place: on disk under its name before the file goes. While both are there the file counts.
 * `check` is called between chunks, and throws when it must not go on. `false`: something writes to the file, so it stays.
 */
export async function pack(path: string, check: () => void): Promise<boolean> {
  const temp = `${path}${ZIPPED}.${process.pid}.tmp`;
  const before = factsOf(path);
  try {
    await pass(path, temp, zips(), check);
    check();
    if (factsOf(path) !== before) {
      remove(temp);
      return false;
    }
    move(temp, path + ZIPPED);
  } catch (error) {
    remove(temp);
    throw error;
  }
  remove(path);
  return true;
}

/** Whether a file is what a `pack` that was cut off left behind. */
export const isHalfPacked = (name: string): boolean => HALF_MADE.test(name);

function factsOf(path: string): string {
  const found = stat(path);
  return found === undefined ? "" : `${found.ino} ${found.size} ${found.mtimeMs}`;
}

/** What is in `<path>.gz`, without its first bytes; `undefined` when there is none. Throws SkepError "corrupt" as it goes. */
export function unpacked(path: string, skip: number): AsyncGenerator<Buffer> | undefined {
  const packed = path + ZIPPED;
  const fd = openRead(packed);
  return fd === undefined ? undefined : chunksIn(packed, fd, skip);
}

async function* chunksIn(packed: string, fd: number, skip: number): AsyncGenerator<Buffer> {
  const stream = unzips();
  const feeding = streams()
    .pipeline(chunksOf(fd), stream)
    .catch(() => undefined); // what fails is thrown by the loop below
  try {
    let left = skip;
    for await (const chunk of stream) {
      const bytes = Buffer.from(chunk);
      const rest = bytes.subarray(left);
      left = Math.max(0, left - bytes.length);
      if (rest.length > 0) yield rest;
    }
  } catch (error) {
    throw unreadable(packed, error);
  } finally {
    stream.destroy();
    await feeding;
    close(fd);
  }
}

const unreadable = (path: string, error: unknown): unknown =>
  systemCode(error)?.startsWith("Z_") === true ? corruptFile(path, error) : error;

// oxlint-disable-next-line typescript/require-await -- a stream takes it either way, `for await` as well
async function* chunksOf(fd: number, check?: () => void): AsyncGenerator<Buffer> {
  for (let at = 0; ;) {
    check?.();
    const chunk = readAt(fd, at, CHUNK);
    if (chunk.length === 0) return;
    at += chunk.length;
    yield chunk;
  }
}
