/** Sockets: where they are, whether somebody listens, and one line to one of them. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digest } from "../digest.ts";
import { makeFolders, makePrivate, stat } from "../disk.ts";
import { reasonOf, SkepError, socketFolderNotOurs, socketTooLong, systemCode } from "../errors.ts";
import type { Environment } from "../types.ts";
import { allPids, readSystem } from "./liveness.ts";

const MAX_PATH = 103; // bytes: node silently cuts what is longer, and two agents would share one socket

/** The folder of this user's sockets, made if it is not there. Throws SkepError "io" when it is somebody else's. */
export function socketFolder(env: Environment): string {
  const runtime = env["XDG_RUNTIME_DIR"];
  const uid = process.getuid?.() ?? 0;
  const folder =
    runtime !== undefined && runtime.startsWith("/") ? join(runtime, "skep") : join(tmpdir(), `skep-${uid}`);
  makeFolders(folder);
  const found = stat(folder);
  if (found?.isDirectory() !== true || found.uid !== uid) throw socketFolderNotOurs(folder);
  if ((found.mode & 0o077) !== 0) makePrivate(folder);
  return folder;
}

/** The socket of an agent, or of the root's supervisor (id ""). */
export function inboxPath(root: string, id: string, env: Environment): string {
  const name = digest("sha1", `${root}\0${id}`).slice(0, 12);
  const path = join(socketFolder(env), name);
  if (Buffer.byteLength(path) > MAX_PATH) throw socketTooLong(path, MAX_PATH);
  return path;
}

/** Whether somebody listens at exactly this path. It is looked up, never dialled: zot drops its parent on every accept. */
export const isListening = (path: string): boolean => path !== "" && listeners().has(asRead(path));

/** Whether an agent of another supervisor lives: it listens, or a process names its inbox on its command line. */
export const foreignIsAlive = (path: string): boolean => lookForForeign()(path);

/** The same of many agents, by one look at the system's tables: it holds for as long as the caller takes it to. */
export function lookForForeign(): (path: string) => boolean {
  let found: { readonly listening: ReadonlySet<string>; readonly named: ReadonlySet<string> } | undefined;
  return (path) => {
    if (path === "") return false;
    found ??= { listening: listeners(), named: new Set(allPids().flatMap(inboxNamedBy)) };
    return found.listening.has(asRead(path)) || found.named.has(asRead(path));
  };
}

/** System files are read byte by byte. */
const asRead = (path: string): string => (isAscii(path) ? path : Buffer.from(path).toString("latin1"));
// oxlint-disable-next-line no-control-regex -- all of ASCII
const isAscii = (path: string): boolean => /^[\x00-\x7f]*$/.test(path);

const LISTENING = "00010000"; // __SO_ACCEPTCON, in the column of flags
const SOCKET = /^(?:\S+ +){3}(\S+) +\S+ +\S+ +\S+ (.*)$/; // the path may have spaces

function listeners(): ReadonlySet<string> {
  const paths = (readSystem("/proc/net/unix") ?? "").split("\n").flatMap((line) => {
    const [, flags, path] = SOCKET.exec(line) ?? [];
    return flags === LISTENING && path !== undefined ? [path] : [];
  });
  return new Set(paths);
}

/** What a shim is called on its command line. */
export const SHIM_NAME = "skep-shim";

function inboxNamedBy(pid: number): readonly string[] {
  const words = readSystem(`/proc/${pid}/cmdline`)?.split("\0") ?? [];
  if (words.includes(SHIM_NAME)) return []; // it names its child's, and outlives it by a moment
  const path = words[words.indexOf("--swarm-agent") + 1];
  return words.includes("--swarm-agent") && path !== undefined ? [path] : [];
}

/** Writes one line to a socket of ours. Rejects with SkepError "io" for anything but an absent listener. */
export async function sendLine(path: string, line: string, timeout: number): Promise<"sent" | "not_listening"> {
  const found = stat(path);
  if (found === undefined) return "not_listening";
  if (!found.isSocket() || found.uid !== (process.getuid?.() ?? 0))
    throw new SkepError("io", `${path} is no socket of ours`);
  const { createConnection } = await import("node:net");
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    const timer = setTimeout(() => socket.destroy(new Error(`no answer within ${timeout} ms`)), timeout);
    socket.once("error", (error) => {
      const absent = systemCode(error) === "ECONNREFUSED" || systemCode(error) === "ENOENT";
      if (absent) resolve("not_listening");
      else reject(new SkepError("io", `cannot speak to ${path}: ${reasonOf(error)}`, { cause: error }));
    });
    socket.once("close", () => clearTimeout(timer));
    socket.once("connect", () => socket.end(`${line}\n`, () => resolve("sent")));
    socket.resume();
  });
}
