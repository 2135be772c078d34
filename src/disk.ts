/**
 * Every file operation of skep: store/ and process/ go through here and nowhere else, so that one module decides how files
 * are opened (never through a link, only regular ones, private modes) and one module can be replaced to inject faults.
 *
 * All calls are synchronous: warm metadata costs microseconds, and async I/O measured 1.1 to 1.4 times slower.
 */
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fdatasyncSync,
  fstatSync,
  fsync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { SkepError, systemCode } from "./errors.ts";
export type { Stats };

const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_APPEND, O_NOFOLLOW, O_NONBLOCK } = constants;
const FILE_MODE = 0o600;
const DIR_MODE = 0o700;

/** What `stat` tells; `undefined` when nothing is there. Links are not followed. */
export const stat = (path: string): Stats | undefined => lstatSync(path, { throwIfNoEntry: false });
export const exists = (path: string): boolean => stat(path) !== undefined;
export type OpenFile = Readonly<{ fd: number; stats: Stats }>; // as it was opened

/** Opens a regular file for reading; `undefined` when it is missing. A link, FIFO or folder is an error. */
export function openFile(path: string): OpenFile | undefined {
  let fd: number;
  try {
    fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return undefined;
    if (systemCode(error) === "ELOOP") throw notRegular(path, error);
    throw error;
  }
  const stats = fstatSync(fd);
  if (stats.isFile()) return { fd, stats };
  closeSync(fd);
  throw notRegular(path);
}
export const openRead = (path: string): number | undefined => openFile(path)?.fd;
const notRegular = (path: string, cause?: unknown): SkepError =>
  new SkepError("corrupt", `${path} is not a regular file`, { cause });

/** Opens with flags that may make the file, mode 0600: Deno makes it 0666 whatever it is told. */
function openPrivate(path: string, flags: number): number {
  const fd = openSync(path, flags, FILE_MODE);
  if ("Deno" in globalThis && (fstatSync(fd).mode & 0o777) !== FILE_MODE) fchmodSync(fd, FILE_MODE);
  return fd;
}

/** Opens a file for appending, made with mode 0600 when it is missing: its name is on disk then, before any of its bytes. */
export function openAppend(path: string): number {
  const found = stat(path);
  if (found !== undefined && !found.isFile()) throw notRegular(path);
  const fd = openPrivate(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK);
  try {
    if (!fstatSync(fd).isFile()) throw notRegular(path);
    if (found === undefined) syncFolder(dirname(path));
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

export const close = (fd: number): void => closeSync(fd);
/** Bytes in the open file. */
export const sizeOf = (fd: number): number => fstatSync(fd).size;
export const inodeOf = (fd: number): number => fstatSync(fd).ino;

/** Reads at most `length` bytes from `position`; shorter only at the end of the file. `into`: instead of a new buffer. */
export function readAt(fd: number, position: number, length: number, into?: Buffer): Buffer {
  const buffer = into ?? Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const count = readSync(fd, buffer, done, length - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return buffer.subarray(0, done);
}

/** Writes all bytes at the end; throws when the disk took only a part. The file's own size tells how much it was. */
export function append(fd: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) {
    const count = writeSync(fd, bytes, done, bytes.length - done);
    if (count === 0) throw new SkepError("io", "the disk took no more bytes");
    done += count;
  }
}

export const sync = (fd: number): void => fdatasyncSync(fd);
export const truncate = (fd: number, size: number): void => ftruncateSync(fd, size);

/** A whole regular file of at most `limit` bytes; `undefined` when it is missing. */
export const readWhole = (path: string, limit: number): Buffer | undefined => readFile(path, limit)?.bytes;

/** The same, with what `stat` told before it was read. */
export function readFile(path: string, limit: number): Readonly<{ bytes: Buffer; stats: Stats }> | undefined {
  const file = openFile(path);
  if (file === undefined) return undefined;
  try {
    const { size } = file.stats;
    if (size > limit) throw new SkepError("corrupt", `${path} has ${size} bytes, more than the ${limit} it may have`);
    return { bytes: readAt(file.fd, 0, size), stats: file.stats };
  } finally {
    closeSync(file.fd);
  }
}

/** Replaces a file whole: temp file, fsync, rename, fsync of the folder. A failure leaves the old one. */
export function replace(path: string, content: string | Uint8Array): void {
  const temp = `${path}.${process.pid}.tmp`;
  const fd = openNew(temp);
  try {
    try {
      append(fd, typeof content === "string" ? Buffer.from(content) : content);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temp, path);
  } catch (error) {
    rmSync(temp, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

/** Opens a file that it makes. What a killed writer left there makes way, whatever it is by now: it is not written through. */
export function openNew(temp: string): number {
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  try {
    return openPrivate(temp, flags);
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
    unlinkSync(temp);
    return openPrivate(temp, flags);
  }
}

/** Creates a file with this text, on disk when it returns; `false` when it is already there. */
export const create = (path: string, text: string): boolean =>
  worksBut("EEXIST", () => {
    const fd = openPrivate(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
    try {
      append(fd, Buffer.from(text));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    syncFolder(dirname(path));
  });

export const openFolder = (path: string): number => openSync(path, O_RDONLY);

let postponed: Set<string> | undefined; // folders

/** Names made in here are not durable yet: their folders are added to these, for `syncFolders`. `work` pauses nowhere. */
export function unsynced<Made>(folders: Set<string>, work: () => Made): Made {
  postponed = folders;
  try {
    return work();
  } finally {
    postponed = undefined;
  }
}

/** Makes the names in them durable, all at once: others go on while the disk works. */
export async function syncFolders(paths: Iterable<string>): Promise<void> {
  const syncSoon = async (path: string): Promise<void> => {
    const fd = openFolder(path);
    const fault = await new Promise<Error | null>((resolve) => fsync(fd, resolve));
    closeSync(fd);
    if (fault) throw fault;
  };
  await Promise.all([...paths].map(syncSoon));
}

/** Makes the names in a folder durable. */
export function syncFolder(path: string): void {
  if (postponed !== undefined) return void postponed.add(path);
  const fd = openFolder(path);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Makes one folder (0700, whatever the umask), on disk when it returns; `false` when something of that name is there. */
export const makeFolder = (path: string): boolean =>
  worksBut("EEXIST", () => {
    mkdirSync(path, { mode: DIR_MODE });
    syncFolder(dirname(path));
  });

/** `false` when it fails with this. */
function worksBut(code: string, work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (systemCode(error) === code) return false;
    throw error;
  }
}

/** Makes a folder and those above it (0700), on disk when it returns. */
export function makeFolders(path: string): void {
  const above = dirname(path);
  if (stat(path)?.isDirectory() === true) return;
  if (above !== path && !exists(above)) makeFolders(above);
  mkdirSync(path, { recursive: true, mode: DIR_MODE }); // recursive: somebody else may be faster
  try {
    syncFolder(above);
  } catch (error) {
    if (systemCode(error) !== "EACCES") throw error; // a folder of the system's that may be entered and not read
  }
}

/** Makes one folder if it is not there. Throws SkepError "corrupt" when a link or a file stands in its place. */
export function needFolder(path: string): void {
  if (!makeFolder(path) && !isFolder(path)) throw notFolder(path);
}

/** Whether it is a folder itself, not a link to one. */
export const isFolder = (path: string): boolean => stat(path)?.isDirectory() === true;
const notFolder = (path: string): SkepError =>
  new SkepError("corrupt", `${path} is not a folder of its own`, { hint: "a link there is not followed" });

/** Takes the rights from everybody else: of a folder, or of a file with its mode. */
export const makePrivate = (path: string, mode: number = DIR_MODE): void => chmodSync(path, mode);

/** Names in a folder, sorted; `undefined` when there is none. Throws SkepError "corrupt" for a link or a file. */
export function list(path: string): string[] | undefined {
  if (exists(path) && !isFolder(path)) throw notFolder(path);
  try {
    return readdirSync(path).toSorted();
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Names of the folders in a folder, sorted; links to folders are none. Nothing when it is missing. */
export function listFolders(path: string): string[] {
  if (!exists(path)) return []; // an exception costs more than a look
  if (!isFolder(path)) throw notFolder(path);
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();
}

export function move(from: string, to: string): void {
  renameSync(from, to);
  syncFolder(dirname(to));
  if (dirname(from) !== dirname(to)) syncFolder(dirname(from));
}

/** Gives a file a second name; `false` when that name is taken. */
export const link = (from: string, to: string): boolean => worksBut("EEXIST", () => linkSync(from, to));

export const remove = (path: string): void => void worksBut("ENOENT", () => unlinkSync(path));

/** Deletes a folder and what is in it; links in it are deleted, not followed. */
export const removeFolder = (path: string): void => rmSync(path, { recursive: true, force: true });

/** The path without links; the path itself when nothing is there. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return path;
    throw error;
  }
}
