/** Where archived agents are, and what is told of them without unpacking anything. */
import { join } from "node:path";
import { isId } from "../core/id.ts";
import { exists, isFolder, listFolders, readWhole } from "../disk.ts";
import type { Store } from "./store.ts";

/** The file beside an agent's packed ones: its last snapshot. */
export const SNAPSHOT = "snapshot.json";
const MAX_SNAPSHOT = 256 * 1024 * 1024;

export const archiveOf = ({ root }: Store): string => join(root, "archive");
/** `part` is being made, `gone` thrown away: no id begins so. */
export const placesOf = (store: Store, id: string): { readonly [place in "part" | "kept" | "gone"]: string } => ({
  part: join(archiveOf(store), `.${id}`),
  kept: join(archiveOf(store), id),
  gone: join(archiveOf(store), `-${id}`),
});

/** Whether the archive has it, and agents/ does not. */
export const isKeptInArchive = (store: Store, id: string): boolean =>
  isFolder(placesOf(store, id).kept) && !exists(store.paths(id).folder);

/** Who is archived, sorted. */
export function archivedIds(store: Store): readonly string[] {
  const here = new Set(store.ids());
  return listFolders(archiveOf(store)).filter((id) => isId(id) && !here.has(id));
}

/** The snapshot that was put beside an agent's files; `undefined` when there is none. */
export function readArchivedSnapshot(store: Store, id: string): { readonly path: string; readonly text?: string } {
  const path = join(placesOf(store, id).kept, SNAPSHOT);
  const text = readWhole(path, MAX_SNAPSHOT)?.toString("utf8");
  return { path, ...(text === undefined ? {} : { text }) };
}
