/** The state root on disk: see docs/formats.md. Knows folders and names; what is in the files is told by core/. */
import { join } from "node:path";
import {
  exists,
  isFolder,
  list,
  listFolders,
  makeFolders,
  makeFolder,
  move,
  needFolder,
  readFile,
  realPath,
  removeFolder,
  replace,
  stat,
  type Stats,
} from "../disk.ts";
import { isId } from "../core/id.ts";
import { formatMeta, MAX_META, type Meta, parseMeta } from "../core/meta.ts";
import { rootNotFolder } from "../errors.ts";
import type { Store } from "./store.ts";

/** Throws SkepError "io" when the root is there and no folder. Makes nothing. */
export function openStore(path: string): Store {
  const root = realPath(path);
  const found = stat(root);
  if (found !== undefined && !found.isDirectory()) throw rootNotFolder(path);
  const folderOf = (id: string): string => `${root}/agents/${id}`; // by hand: \`join\` is felt with ten thousand agents
  const trashOf = (id: string): string => join(root, "trash", id);
  return {
    root,
    ids: () => listFolders(join(root, "agents")).filter(isId),
    paths(id) {
      const folder = folderOf(id);
      return {
        folder,
        meta: `${folder}/meta.json`,
        log: `${folder}/events.jsonl`,
        session: `${folder}/session.json`,
        inbox: `${folder}/inbox.jsonl`,
      };
    },
    claim(id) {
      if (exists(join(root, "archive", id))) return false;
      // A discard that failed in the middle: whoever made it may repeat himself.
      if (isFolder(join(root, "trash"))) removeFolder(trashOf(id));
      makeFolders(root);
      needFolder(join(root, "agents"));
      return makeFolder(folderOf(id));
    },
    discard(id) {
      needFolder(join(root, "trash"));
      removeFolder(trashOf(id)); // what a discard that was cut off left there
      if (exists(folderOf(id))) move(folderOf(id), trashOf(id));
      removeFolder(trashOf(id));
    },
    emptyTrash() {
      const trash = join(root, "trash");
      // A link would lead to what is not skep's, and what has no agent's name was not put there by skep.
      if (isFolder(trash)) for (const id of (list(trash) ?? []).filter(isId)) removeFolder(trashOf(id));
    },
  };
}

/** Reads meta.json; `undefined` when there is none. Throws SkepError "corrupt" with the reason. */
export const readMeta = (store: Store, id: string): Meta | undefined => readAgentFolder(store, id)?.meta;

/** The same, with what `stat` told of it and of the folder before they were read. */
export function readAgentFolder(
  store: Store,
  id: string,
): { readonly meta: Meta; readonly seen: { readonly folder: Stats; readonly meta: Stats } } | undefined {
  if (!isId(id)) return undefined;
  const paths = store.paths(id);
  const folder = stat(paths.folder);
  if (folder?.isDirectory() !== true) return undefined; // the folder itself may be a link to somewhere else
  const file = readFile(paths.meta, MAX_META);
  if (file === undefined) return undefined;
  return { meta: parseMeta(file.bytes.toString("utf8"), id), seen: { folder, meta: file.stats } };
}

export function writeMeta(store: Store, meta: Meta): void {
  replace(store.paths(meta.id).meta, formatMeta(meta));
}
