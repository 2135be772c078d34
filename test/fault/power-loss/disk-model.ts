/**
 * A disk as the standard promises it and no better: bytes of a file last from its fsync on, a name from the fsync of its
 * folder on. Until then each may have come there or not, in any order, and a write in parts of 512 bytes or of 4 KiB.
 */
import { dirname } from "node:path";
import { constants } from "node:fs";
import type { Traced } from "../faulty-fs.ts";

type Change =
  | { readonly kind: "write"; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: "size"; readonly size: number };
interface File {
  readonly kind: "file";
  lasting: Buffer;
  open: Change[]; // since its last fsync
  size: number; // as everybody sees it
}
interface Folder {
  readonly kind: "folder";
}
type Node = File | Folder;

/** A change of names; a rename is one change of two of them. */
interface Naming {
  readonly names: readonly (readonly [path: string, node: Node | undefined])[];
}

export interface DiskModel {
  apply(op: Traced): void;
  /** What may be found after a power loss now; names of one file have one Buffer. `keep` says of each thing that was not synced whether it lasted. */
  crash(keep: () => boolean, sector: number): ReadonlyMap<string, Buffer | "folder">;
  /** Things that are not synced. */
  pending(): number;
}

const { O_TRUNC, O_CREAT } = constants;

export function makeDisk(base: string): DiskModel {
  const seen = new Map<string, Node>([[base, { kind: "folder" }]]); // by path, as running programs see it
  const lasting = new Map<string, Node>([[base, { kind: "folder" }]]);
  let namings: Naming[] = [];
  const open = new Map<string, Node>();
  const under = (path: string): boolean => path === base || path.startsWith(`${base}/`);
  const name = (...names: Naming["names"]): void => {
    namings.push({ names });
    for (const [path, node] of names) {
      if (node === undefined) seen.delete(path);
      else seen.set(path, node);
    }
  };
  const move = (names: [string, Node | undefined][], from: string, to: string): void => {
    for (const [path, node] of seen) {
      if (path !== from && !path.startsWith(`${from}/`)) continue;
      names.push([path, undefined], [`${to}${path.slice(from.length)}`, node]);
    }
  };
  const makeFolders = (path: string): void => {
    if (!under(path) || seen.has(path)) return;
    makeFolders(dirname(path));
    name([path, { kind: "folder" }]);
  };
  const openFile = (path: string, flags: number): Node => {
    const found = seen.get(path);
    if (found?.kind === "file" && (flags & O_TRUNC) !== 0) {
      found.open.push({ kind: "size", size: 0 });
      found.size = 0;
    }
    if (found !== undefined) return found;
    const made: File = { kind: "file", lasting: Buffer.alloc(0), open: [], size: 0 };
    if ((flags & O_CREAT) !== 0) name([path, made]);
    return made;
  };
  const syncNode = (path: string, node: Node): void => {
    if (node.kind === "file") {
      for (const change of node.open) node.lasting = changed(node.lasting, change);
      node.open = [];
      return;
    }
    const isOf = ({ names }: Naming): boolean => names.some(([one]) => dirname(one) === path);
    for (const naming of namings.filter(isOf)) settle(lasting, naming);
    namings = namings.filter((naming) => !isOf(naming));
  };
  return {
    apply({ op, path, to, fd = -1, pid, flags = 0, bytes = 0, data, error }) {
      if (error !== undefined || !under(path)) return;
      const key = `${pid} ${fd}`;
      const node = open.get(key);
      if (op === "open") open.set(key, openFile(path, flags));
      else if (op === "openread") open.set(key, seen.get(path) ?? { kind: "folder" });
      else if (op === "close") open.delete(key);
      else if (op === "mkdir") makeFolders(path);
      else if (op === "sync" && node !== undefined) syncNode(path, node);
      else if (op === "write" && node?.kind === "file") {
        const written = Buffer.from(data ?? "", "base64").subarray(0, bytes);
        node.open.push({ kind: "write", at: node.size, bytes: written });
        node.size += written.length;
      } else if (op === "truncate" && node?.kind === "file") {
        node.open.push({ kind: "size", size: bytes });
        node.size = bytes;
      } else if (op === "rename" && to !== undefined) {
        const names: [string, Node | undefined][] = [];
        move(names, path, to);
        name(...names);
      } else if (op === "link" && to !== undefined) name([to, seen.get(path)]);
      else if (op === "unlink" || op === "rm") {
        for (const one of [...seen.keys()].toReversed())
          if (one === path || one.startsWith(`${path}/`)) name([one, undefined]);
      }
    },
    crash(keep, sector) {
      const names = new Map(lasting);
      for (const naming of namings) if (keep()) settle(names, naming);
      const found = new Map<string, Buffer | "folder">();
      const contents = new Map<File, Buffer>(); // of a file with two names one
      for (const [path, node] of [...names].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
        // What stands in a folder that did not last is gone with it.
        if (path !== base && found.get(dirname(path)) !== "folder") continue;
        if (node.kind === "folder") found.set(path, "folder");
        else
          found.set(
            path,
            getOrMake(contents, node, () => surviving(node, keep, sector)),
          );
      }
      return found;
    },
    pending: () =>
      namings.length + [...seen.values()].reduce((sum, node) => sum + ("open" in node ? node.open.length : 0), 0),
  };
}

function getOrMake(made: Map<File, Buffer>, file: File, make: () => Buffer): Buffer {
  const bytes = made.get(file) ?? make();
  made.set(file, bytes);
  return bytes;
}

function settle(names: Map<string, Node>, naming: Naming): void {
  for (const [path, node] of naming.names) {
    if (node === undefined) names.delete(path);
    else names.set(path, node);
  }
}

function changed(before: Buffer, change: Change): Buffer {
  if (change.kind === "size") return resized(before, change.size);
  const after = resized(before, Math.max(before.length, change.at + change.bytes.length));
  change.bytes.copy(after, change.at);
  return after;
}

const resized = (before: Buffer, size: number): Buffer =>
  size <= before.length
    ? Buffer.from(before.subarray(0, size))
    : Buffer.concat([before, Buffer.alloc(size - before.length)]);

/** A write that did not last as a whole may have lasted in parts; what lies between two of them is a hole of NULs. */
function surviving(file: File, keep: () => boolean, sector: number): Buffer {
  let bytes = file.lasting;
  for (const change of file.open) {
    if (keep()) {
      bytes = changed(bytes, change);
      continue;
    }
    if (change.kind === "size" || !keep()) continue;
    for (let from = 0; from < change.bytes.length;) {
      const at = change.at + from;
      const to = Math.min(change.bytes.length, from + sector - (at % sector));
      if (keep()) bytes = changed(bytes, { kind: "write", at, bytes: change.bytes.subarray(from, to) });
      from = to;
    }
  }
  return bytes;
}
