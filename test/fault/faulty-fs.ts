/**
 * node:fs as src/disk.ts sees it in the faulty build: the operation that a plan names fails or kills the process, and what
 * was done can be written to a trace. The plan is a file, named by $FAULT_PLAN; it is read again whenever it has changed
 * (replace it by a rename), and each time it is read the counting begins anew. Without one everything works.
 */
import * as fs from "node:fs";
import { constants as system } from "node:os";
import { getSystemErrorMap } from "node:util";

/** `stat` and `close` are never made to fail, and not counted. */
export type Operation =
  | "open" // that may write or make the file
  | "openread"
  | "read"
  | "list"
  | "write"
  | "sync"
  | "rename"
  | "mkdir"
  | "unlink"
  | "rm"
  | "truncate"
  | "link"
  | "chmod";

/**
 * `die`: SIGKILL of the process itself instead of the operation · `die-after`: right after it · `die-torn`: after a part of
 * its bytes (of a write; else as `die`) · `short`: a part of the bytes, and ENOSPC for what follows at that file · a code:
 * the operation fails with it and does nothing.
 */
export type Fault = "die" | "die-after" | "die-torn" | "short" | "ENOSPC" | "EIO" | "EMFILE" | "EACCES";

export interface Plan {
  readonly kind?: Fault; // none: it only traces
  readonly n?: number; // the how manieth counted operation, from 1
  readonly times?: number; // how many from there on; 0: all until the plan changes. 1 by default
  readonly ops?: readonly Operation[]; // that are counted: those that change something by default
  readonly path?: string; // a regular expression that the path must match
  readonly pid?: number; // of the only process that it is for
  readonly argv?: string; // and one for the process's words with spaces between, so that clients are spared
  readonly trace?: string; // a file to which each operation is appended as a line of JSON, see Traced
  readonly data?: boolean; // with the bytes that were written
  readonly hit?: string; // a file to which each fault appends its line before it happens
}
export interface Traced {
  readonly pid: number;
  readonly n: number; // of the counted ones; 0: not counted
  readonly op: Operation | "close";
  readonly path: string;
  readonly fd?: number; // of open, write, sync, truncate, close
  readonly to?: string; // of rename and link
  readonly flags?: number; // of open
  readonly bytes?: number; // of write: how many it took; of truncate: the size
  readonly data?: string; // base64
  readonly error?: string; // its code, injected or not
}

const CHANGING: readonly Operation[] = [
  "open",
  "write",
  "sync",
  "rename",
  "mkdir",
  "unlink",
  "rm",
  "truncate",
  "link",
  "chmod",
];

let plan: Plan | undefined;
let known = "";
let counted = 0;
let injected = 0;
const paths = new Map<number, string>();
const full = new Set<number>(); // descriptors of which a write was cut short

function currentPlan(): Plan | undefined {
  const file = process.env["FAULT_PLAN"];
  if (file === undefined) return undefined;
  const found = fs.statSync(file, { throwIfNoEntry: false });
  const version = found === undefined ? "" : `${found.ino} ${found.mtimeMs}`;
  if (version !== known) {
    known = version;
    counted = 0;
    injected = 0;
    full.clear();
    const read = found === undefined ? undefined : (JSON.parse(fs.readFileSync(file, "utf8")) as Plan);
    plan = read !== undefined && isMeant(read) ? read : undefined;
  }
  return plan;
}

const isMeant = ({ pid = process.pid, argv = "" }: Plan): boolean =>
  pid === process.pid && new RegExp(argv).test(process.argv.join(" "));

type Detail = Pick<Traced, "fd" | "to" | "flags" | "bytes" | "data">;

function trace(to: string | undefined, line: Traced): void {
  if (to !== undefined) fs.appendFileSync(to, `${JSON.stringify(line)}\n`);
}

function die(): never {
  process.kill(process.pid, "SIGKILL");
  for (;;); // it comes with the return from the call above
}

function failure(code: "ENOSPC" | "EIO" | "EMFILE" | "EACCES", op: Operation, path: string): Error {
  const errno = -system.errno[code];
  const [, words = ""] = getSystemErrorMap().get(errno) ?? [];
  return Object.assign(new Error(`${code}: ${words}, ${op} '${path}'`), { code, errno, syscall: op, path });
}

/** Does one operation, or what the plan wants in its place. `part` does a part of it. */
function operate<T>(op: Operation, path: string, detail: Detail, work: () => T, part?: () => T): T {
  const wish = currentPlan();
  if (wish === undefined) return work();
  const counts = (wish.ops ?? CHANGING).includes(op) && new RegExp(wish.path ?? "").test(path);
  if (counts) counted += 1;
  const line: Traced = { pid: process.pid, n: counts ? counted : 0, op, path, ...detail };
  const { kind, n = 1, times = 1 } = wish;
  const due = kind !== undefined && counts && counted >= n && (times === 0 || injected < times);
  if (op === "write" && detail.fd !== undefined && full.has(detail.fd)) {
    trace(wish.trace, { ...line, error: "ENOSPC" });
    throw failure("ENOSPC", op, path);
  }
  if (!due) return done(wish, line, work);
  injected += 1;
  if (wish.hit !== undefined) fs.appendFileSync(wish.hit, `${JSON.stringify({ ...line, error: kind })}\n`);
  switch (kind) {
    case "die":
      return die();
    case "die-after":
      done(wish, line, work);
      return die();
    case "die-torn":
      if (part !== undefined) part();
      return die();
    case "short":
      if (part === undefined || detail.fd === undefined) return done(wish, line, work);
      full.add(detail.fd);
      return done(wish, line, part);
    default:
      trace(wish.trace, { ...line, error: kind });
      throw failure(kind, op, path);
  }
}

function done<T>(wish: Plan, line: Traced, work: () => T): T {
  try {
    const result = work();
    const fd = line.op === "open" || line.op === "openread" ? { fd: Number(result) } : {};
    const bytes = line.op === "write" ? { bytes: Number(result) } : {};
    trace(wish.trace, { ...line, ...fd, ...bytes });
    return result;
  } catch (error) {
    trace(wish.trace, { ...line, error: (error as NodeJS.ErrnoException).code ?? "?" });
    throw error;
  }
}

const pathOf = (fd: number): string => paths.get(fd) ?? "";
const WRITES = fs.constants.O_WRONLY | fs.constants.O_RDWR | fs.constants.O_CREAT;

export { constants, fstatSync, lstatSync, realpathSync } from "node:fs";

export function openSync(path: string, flags: number, mode?: number): number {
  const op = (flags & WRITES) === 0 ? "openread" : "open";
  const fd = operate(op, path, { flags }, () => fs.openSync(path, flags, mode));
  paths.set(fd, path);
  full.delete(fd);
  return fd;
}
export function closeSync(fd: number): void {
  const wish = currentPlan();
  trace(wish?.trace, { pid: process.pid, n: 0, op: "close", path: pathOf(fd), fd });
  full.delete(fd);
  paths.delete(fd);
  fs.closeSync(fd);
}
export function writeSync(fd: number, bytes: Uint8Array, offset: number, length: number): number {
  const data = (): Detail =>
    plan?.data === true ? { data: Buffer.from(bytes.subarray(offset, offset + length)).toString("base64") } : {};
  const write = (count: number): number => fs.writeSync(fd, bytes, offset, count);
  currentPlan();
  return operate(
    "write",
    pathOf(fd),
    { fd, ...data() },
    () => write(length),
    length < 2 ? undefined : () => write(length >> 1),
  );
}
export const readSync = (fd: number, buffer: Uint8Array, offset: number, length: number, position: number): number =>
  operate("read", pathOf(fd), { fd }, () => fs.readSync(fd, buffer, offset, length, position));
export const fsyncSync = (fd: number): void => operate("sync", pathOf(fd), { fd }, () => fs.fsyncSync(fd));
export function fsync(fd: number, done: (error: unknown) => void): void {
  let fault: unknown = null;
  try {
    fsyncSync(fd);
  } catch (error) {
    fault = error;
  }
  setImmediate(() => done(fault));
}
export const fdatasyncSync = (fd: number): void => operate("sync", pathOf(fd), { fd }, () => fs.fdatasyncSync(fd));
export const ftruncateSync = (fd: number, size: number): void =>
  operate("truncate", pathOf(fd), { fd, bytes: size }, () => fs.ftruncateSync(fd, size));
export const fchmodSync = (fd: number, mode: number): void =>
  operate("chmod", pathOf(fd), { fd }, () => fs.fchmodSync(fd, mode));
export const chmodSync = (path: string, mode: number): void =>
  operate("chmod", path, {}, () => fs.chmodSync(path, mode));
export const renameSync = (from: string, to: string): void =>
  operate("rename", from, { to }, () => fs.renameSync(from, to));
export const linkSync = (from: string, to: string): void => operate("link", from, { to }, () => fs.linkSync(from, to));
export const unlinkSync = (path: string): void => operate("unlink", path, {}, () => fs.unlinkSync(path));
export const rmSync = (path: string, options: fs.RmOptions): void =>
  operate("rm", path, {}, () => fs.rmSync(path, options));
export const readdirSync = (path: string, options?: { withFileTypes: true }): string[] | fs.Dirent[] =>
  operate("list", path, {}, () => (options === undefined ? fs.readdirSync(path) : fs.readdirSync(path, options)));
export const mkdirSync = (path: string, options: fs.MakeDirectoryOptions): void =>
  operate("mkdir", path, {}, () => void fs.mkdirSync(path, options));
