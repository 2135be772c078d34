/** The root's own files: whose they are, who may read them, what was left behind, what has grown. */
import { join } from "node:path";
import { squeeze } from "./squeeze.ts";
import { isId } from "../../core/id.ts";
import { list, makePrivate, remove, removeFolder, stat } from "../../disk.ts";
import { isListening } from "../../process/inbox-socket.ts";
import { statOf } from "../../process/liveness.ts";
import { readIndexFile } from "../../store/index-file.ts";
import type { Fault } from "./finding.ts";

const MIB = 1024 * 1024;
const LARGE_LOG = 256 * MIB; // of one agent: its events or the output of one run
const LARGE_TALK = 8 * MIB; // supervisor.log
const PIPES = ["p"]; // a run's own FIFO
/** Of an agent's files those that skep makes: the others have the agent's modes, in folders that are closed. */
const OURS = new Set(
  "meta.json events.jsonl inbox.jsonl intent.json claim child stop out err in feed exit out.gz err.gz in.gz mirror.gz".split(
    " ",
  ),
);
const SEGMENT = /\/events\/\d+\.jsonl$/;
const TEMPORARY = /\.(\d+)\.tmp$/;

interface Seen {
  readonly path: string;
  readonly agent?: string;
  readonly kind: "folder" | "file" | "other";
  readonly mode: number;
  readonly uid: number;
  readonly size: number;
}

/** Looks at each file once; folders that are links are not entered. */
export function checkFiles(root: string): Fault[] {
  const seen = walk(root);
  return [...seen.flatMap(checkOne), ...checkTrash(root), ...checkIndex(root), ...checkTalk(root)];
}

function walk(root: string): readonly Seen[] {
  const found: Seen[] = [];
  const look = (path: string, agent?: string): boolean => {
    const at = stat(path);
    if (at === undefined) return false;
    const kind = at.isDirectory() ? "folder" : at.isFile() ? "file" : "other";
    const { mode, uid, size } = at;
    found.push({ path, kind, mode: mode & 0o777, uid, size, ...(agent === undefined ? {} : { agent }) });
    return kind === "folder";
  };
  const within = (folder: string): readonly string[] => (list(folder) ?? []).map((name) => join(folder, name));
  if (!look(root)) return found;
  for (const path of within(root)) look(path);
  for (const name of ["agents", "archive"]) {
    const all = join(root, name);
    if (stat(all)?.isDirectory() !== true) continue;
    for (const id of (list(all) ?? []).filter(isId)) {
      const folder = join(all, id);
      if (!look(folder, id)) continue;
      for (const path of within(folder)) look(path, id);
      const segments = join(folder, "events");
      if (stat(segments)?.isDirectory() === true) for (const path of within(segments)) look(path, id);
      const runs = join(folder, "runs");
      if (stat(runs)?.isDirectory() !== true) continue;
      for (const run of within(runs)) if (look(run, id)) for (const path of within(run)) look(path, id);
    }
  }
  return found;
}

function checkOne({ path, agent, kind, mode, uid, size }: Seen): Fault[] {
  const about = { path, ...(agent === undefined ? {} : { agent }) };
  const me = process.getuid?.() ?? uid;
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (uid !== me)
    return [{ ...about, code: "not_own_file", message: `it belongs to user ${uid}, not to ${me}: chown it` }];
  if (kind === "other" && !PIPES.includes(name))
    return [
      { ...about, code: "not_own_file", message: "a link, a pipe or a socket: skep neither reads nor writes it" },
    ];
  const faults: Fault[] = [];
  const wanted = kind === "folder" ? 0o700 : 0o600;
  const ours = kind === "folder" || agent === undefined || OURS.has(name) || SEGMENT.test(path);
  if (kind !== "other" && ours && (mode & 0o077) !== 0)
    faults.push({
      ...about,
      code: "permissions",
      message: `others have rights to it: mode ${mode.toString(8)}`,
      repair: `set its mode to ${wanted.toString(8)}`,
      mend: {
        run() {
          makePrivate(path, wanted);
          return `its mode is ${wanted.toString(8)}, it was ${mode.toString(8)}`;
        },
      },
    });
  const writer = Number(TEMPORARY.exec(name)?.[1] ?? 0);
  if (kind === "file" && writer > 0 && statOf(writer) === undefined)
    faults.push({
      ...about,
      code: "stale_file",
      message: "a temporary file of a process that is gone",
      repair: "delete it: what it was to replace is still there",
      mend: {
        run() {
          remove(path);
          return "deleted";
        },
      },
    });
  if (kind === "file" && size > LARGE_LOG)
    faults.push({
      ...about,
      code: "large_log",
      message: `it has ${Math.round(size / MIB)} MiB; skep archive packs it with its agent once that has ended, skep rm deletes it`,
      note: true,
    });
  return faults;
}

/** What a removal that was cut off left there. */
function checkTrash(root: string): Fault[] {
  const trash = join(root, "trash");
  if (stat(trash)?.isDirectory() !== true) return [];
  return (list(trash) ?? []).filter(isId).map((id): Fault => {
    const path = join(trash, id);
    return {
      code: "stale_file",
      path,
      message: "its removal was cut off",
      repair: "delete it, as was asked for",
      mend: {
        alone: true,
        run() {
          removeFolder(path);
          return "deleted";
        },
      },
    };
  });
}

function checkIndex(root: string): Fault[] {
  const path = join(root, "index");
  const found = stat(path);
  if (found?.isFile() !== true || found.size === 0 || isReadable(path)) return [];
  return [
    {
      code: "stale_file",
      path,
      message: "nothing in the index can be read",
      repair: "delete it: it is made anew from the logs",
      mend: {
        run() {
          remove(path);
          return "deleted: the next look takes longer";
        },
      },
    },
  ];
}

function isReadable(path: string): boolean {
  try {
    return [...readIndexFile(path).ids].length > 0;
  } catch {
    return false; // too large, or taken away meanwhile
  }
}

function checkTalk(root: string): Fault[] {
  const path = join(root, "supervisor.log");
  const found = stat(path);
  if (found?.isFile() !== true || found.size <= LARGE_TALK) return [];
  const kept = `${path}.${new Date().toISOString().replace(/[:.]/g, "-")}.gz`;
  return [
    {
      code: "large_log",
      path,
      message: `it has ${Math.round(found.size / MIB)} MiB`,
      repair: "compress it into a file beside it, and begin anew",
      mend: {
        alone: true,
        run() {
          squeeze(path, kept);
          return `what it held is in ${kept}`;
        },
      },
    },
  ];
}

/** A socket of ours at which nobody listens. */
export function checkSocket(path: string, agent?: string): Fault[] {
  const found = stat(path);
  if (found?.isSocket() !== true || found.uid !== process.getuid?.() || isListening(path)) return [];
  return [
    {
      code: "stale_socket",
      path,
      ...(agent === undefined ? {} : { agent }),
      message: "nobody listens at it",
      repair: "delete it",
      mend: {
        ...(agent === undefined ? { alone: true } : {}), // a supervisor binds it under the lock
        run() {
          if (isListening(path)) return "left: somebody listens at it by now";
          remove(path);
          return "deleted";
        },
      },
    },
  ];
}
