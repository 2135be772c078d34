/**
 * One writer: flock(2) on `<root>/lock`, held for the holder's life and let go by the kernel at its death. Sockets, pid
 * files and renames were measured with 2 to 20 winners of one race, flock with one in 120 of 120. Never unlinked.
 */
import { spawnSync } from "node:child_process";
import { close, openAppend, openFolder } from "../disk.ts";
import { noFlock, reasonOf } from "../errors.ts";

export interface Lock {
  release(): void;
}

/** All take the same kernel lock, so they exclude each other. `undefined`: this one is not to be had here. */
type Take = (fd: number) => Promise<boolean | undefined> | boolean | undefined;

/** Takes the lock; `undefined` when another process holds it. Throws SkepError "io" where there is no flock. */
export async function takeLock(path: string): Promise<Lock | undefined> {
  const deno = takeWithDeno(path);
  if (deno !== undefined) return deno === "held" ? undefined : deno;
  const fd = openAppend(path);
  try {
    for (const take of [
      takeWithBun(LOCK_EX),
      takeWithTool("flock", ["-n", "-x", "3"]),
      takeWithTool("perl", ["-e", PERL]),
    ]) {
      const taken = await take(fd);
      if (taken === true) return { release: () => close(fd) };
      if (taken === false) {
        close(fd);
        return undefined;
      }
    }
  } catch (error) {
    close(fd);
    throw noFlock(path, reasonOf(error));
  }
  close(fd);
  throw noFlock(path, "neither bun:ffi, flock(1) nor perl could");
}

/** Why files there cannot be locked; `undefined` when they can. Asks the folder itself, so nobody who wants the lock is disturbed. */
export async function probeLock(folder: string): Promise<string | undefined> {
  const fd = openFolder(folder);
  try {
    for (const take of [takeWithBun(LOCK_SH), takeWithTool("flock", ["-n", "-s", "3"])]) {
      const taken = await take(fd);
      if (taken !== undefined) return undefined;
    }
    return "flock(2) does not work there";
  } finally {
    close(fd);
  }
}

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;
const EWOULDBLOCK = 11;
const ERRNO = "__errno_location"; // where the C library keeps it
const PERL = 'open(F,"+<&=3") or exit 2; exit(flock(F,6) ? 0 : $!+0 == 11 ? 1 : 3)';

// Bun only: the other runtimes have no such module.
const takeWithBun =
  (how: number): Take =>
  async (fd) => {
    if (!("Bun" in globalThis)) return undefined;
    const name = "bun:ffi"; // by a variable: the other runtimes' bundlers must not look for it
    // oxlint-disable-next-line typescript/no-unsafe-assignment -- a module of the runtime, declared below
    const ffi: BunFfi = await import(name);
    for (const library of process.platform === "darwin" ? ["libSystem.B.dylib"] : ["libc.so.6", "libc.so"]) {
      try {
        const { symbols } = ffi.dlopen(library, {
          flock: { args: ["i32", "i32"], returns: "i32" },
          [ERRNO]: { args: [], returns: "ptr" },
        });
        if (symbols.flock(fd, how | LOCK_NB) === 0) return true;
        // Another answer than "held" is none: the file system has no locks.
        return ffi.read.i32(symbols[ERRNO]()) === EWOULDBLOCK ? false : undefined;
      } catch {
        continue; // that C library is not here: the next one, then flock(1)
      }
    }
    return undefined;
  };
interface BunFfi {
  dlopen(
    library: string,
    symbols: { flock: unknown; [ERRNO]: unknown },
  ): { readonly symbols: { flock(fd: number, how: number): number; [ERRNO](): number } };
  readonly read: { i32(pointer: number): number };
}

/** The lock sits on the open file that the tool inherits: it stays with us when the tool has left. */
const takeWithTool =
  (tool: string, args: readonly string[]): Take =>
  (fd) => {
    const { status } = spawnSync(tool, args, { stdio: ["ignore", "ignore", "ignore", fd] });
    if (status === 0) return true;
    return status === 1 ? false : undefined; // anything else: the tool is missing or another program
  };

// Deno only: its file is opened anew, since it knows no numbers of node's.
function takeWithDeno(path: string): Lock | "held" | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a global of the runtime, declared below
  const deno = (globalThis as { Deno?: DenoFiles }).Deno;
  if (deno?.openSync === undefined) return undefined;
  close(openAppend(path)); // refuses a link, and makes the file with our mode
  const file = deno.openSync(path, { read: true, write: true });
  if (file.tryLockSync?.(true) === true) return { release: () => file.close() };
  file.close();
  return file.tryLockSync === undefined ? undefined : "held";
}
interface DenoFiles {
  openSync?(path: string, options: { read: boolean; write: boolean }): DenoFile;
}
interface DenoFile {
  tryLockSync?(exclusive: boolean): boolean;
  close(): void;
}
