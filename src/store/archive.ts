/**
 * Agents that ended long ago, out of the scan: `archive/<id>/`, see docs/formats.md. What is made stands under a name that
 * is no id until it is whole, and while an agent is in agents/, that one counts: a step that was cut off is found by that.
 */
import { dirname, join } from "node:path";
import { isId } from "../core/id.ts";
import {
  create,
  exists,
  isFolder,
  list,
  listFolders,
  makeFolder,
  move,
  needFolder,
  removeFolder,
  stat,
  syncFolder,
} from "../disk.ts";
import { nobodyArchived, notToArchive } from "../errors.ts";
import { archiveOf, placesOf, SNAPSHOT } from "./archived.ts";
import { pass, unzip, ZIPPED, zips } from "./packed.ts";
import type { Store } from "./store.ts";

const META = "meta.json";

/**
 * Moves an agent's folder into the archive, compressed; on disk when it resolves. `check` is called between the files, and
 * throws when it must not go on. Throws SkepError "state" when the folder changes meanwhile, or holds what is no file.
 */
export async function archiveFolder(store: Store, id: string, snapshot: string, check: () => void): Promise<void> {
  const { folder } = store.paths(id);
  const { part, kept } = placesOf(store, id);
  needFolder(archiveOf(store));
  removeFolder(part);
  try {
    const before = walk(folder, id);
    makeFolder(part);
    for (const { name, kind } of before) {
      check();
      const from = join(folder, name);
      if (kind === "folder") makeFolder(join(part, name));
      else await pass(from, join(part, name === META ? META : name + ZIPPED), name === META ? undefined : zips());
    }
    create(join(part, SNAPSHOT), snapshot);
    syncFolders(part, before);
    check();
    const now = walk(folder, id);
    if (JSON.stringify(now) !== JSON.stringify(before)) throw notToArchive(id, "something writes to its files");
    dropArchived(store, id); // of an earlier time that was cut off
    move(part, kept);
  } catch (error) {
    removeFolder(part);
    throw error;
  }
  try {
    store.discard(id);
  } catch (error) {
    if (exists(folder)) dropArchived(store, id);
    throw error;
  }
}

/**
 * Moves an agent's folder back, byte for byte; on disk when it resolves. Throws SkepError "not_found" when it is not
 * archived, "corrupt" when what is there cannot be unpacked: it stays then.
 */
export async function restoreFolder(store: Store, id: string, check: () => void): Promise<void> {
  const { folder } = store.paths(id);
  const { part, kept } = placesOf(store, id);
  if (exists(folder)) return dropArchived(store, id); // it is back: an earlier time was cut off
  if (!isFolder(kept)) throw nobodyArchived(id);
  removeFolder(part);
  try {
    const entries = walk(kept, id).filter(({ name }) => name !== SNAPSHOT);
    makeFolder(part);
    for (const { name, kind } of entries) {
      check();
      const from = join(kept, name);
      if (kind === "folder") makeFolder(join(part, name));
      else if (name === META) await pass(from, join(part, META));
      else if (name.endsWith(ZIPPED)) await unzip(from, join(part, name.slice(0, -ZIPPED.length)));
    }
    syncFolders(part, entries);
    check();
    needFolder(dirname(folder));
    move(part, folder);
  } catch (error) {
    removeFolder(part);
    throw error;
  }
  dropArchived(store, id);
}

/** Clears away what was cut off: half-made folders, and archived copies of agents that are in agents/. */
export function settleArchive(store: Store): void {
  const folder = archiveOf(store);
  if (!isFolder(folder)) return;
  for (const name of list(folder) ?? []) {
    if (/^[.-]/.test(name) && isId(name.slice(1))) removeFolder(join(folder, name));
  }
  const here = new Set(store.ids());
  for (const id of listFolders(folder)) if (here.has(id)) dropArchived(store, id);
}

/** Takes an agent out of the archive, if it is there: at no moment is there a half of it under its id. */
export function dropArchived(store: Store, id: string): void {
  const { kept, gone } = placesOf(store, id);
  removeFolder(gone); // of an earlier time that was cut off
  if (!exists(kept)) return;
  move(kept, gone);
  removeFolder(gone);
}

interface Entry {
  readonly name: string; // from the agent's folder on
  readonly kind: "folder" | "file";
  readonly facts?: readonly number[]; // of a file
}

/** What is in a folder, the folder before what is in it. FIFOs and sockets hold nothing and are passed over. */
function walk(folder: string, id: string, below = ""): readonly Entry[] {
  return (list(join(folder, below)) ?? []).flatMap((word): readonly Entry[] => {
    const name = join(below, word);
    const found = stat(join(folder, name));
    if (found === undefined || found.isFIFO() || found.isSocket()) return [];
    if (found.isDirectory()) return [{ name, kind: "folder" }, ...walk(folder, id, name)];
    if (!found.isFile()) throw notToArchive(id, `${join(folder, name)} is neither a file nor a folder`);
    return [{ name, kind: "file", facts: [found.ino, found.size, found.mtimeMs] }];
  });
}

function syncFolders(part: string, entries: readonly Entry[]): void {
  for (const { name, kind } of entries) if (kind === "folder") syncFolder(join(part, name));
  syncFolder(part);
}
