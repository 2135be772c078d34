/**
 * What the index knows of agents. A row is believed as a whole when the agent had ended and its files are as they were; else
 * the fold goes on from the row's checkpoint. It is never needed: what it does not know is folded anew.
 */
import { join } from "node:path";
import type { Checkpoint } from "../core/checkpoint.ts";
import { stat } from "../disk.ts";
import { systemCode } from "../errors.ts";
import { lookForForeign } from "../process/inbox-socket.ts";
import { sizeOfLog } from "../store/segments.ts";
import type { Store } from "../store/store.ts";
import { type IndexRow, type IndexRows, readIndexFile, replaceIndexFile } from "../store/index-file.ts";
import type { Snapshot } from "../types.ts";
import { doneWith } from "./collect.ts";
import { isSealed, parseCheckpoint, parseHead, parseSnapshot, splitBody } from "./index-row.ts";
import { isFrom } from "./journal.ts";
import { type PluginSet, translateFor } from "./load-plugins.ts";

export interface SwarmIndex {
  /** The agent as it ended, if its files say nothing new since. */
  settled(id: string): Promise<Settled | undefined>;
  /** How far its log was folded by the handlers that would fold it now. */
  checkpoint(id: string): Promise<Checkpoint | undefined>;
  /** Replaces the file: rows for agents that are there, as they were read and with these in their places. Its bytes. */
  replace(fresh: IndexRows): number;
}

/** An ended agent: what decides whether it is shown at all, and its snapshot once it is asked for. */
export interface Settled {
  readonly session: string; // host session, "" for none
  readonly ended: number; // ms
  readonly run: number; // the newest
  readonly inbox: string; // of an agent of another supervisor, else empty
  readonly snapshot: () => Snapshot | undefined; // nothing where the row is damaged
}

export const indexPath = (store: Store): string => join(store.root, "index");

interface IndexTools {
  readonly store: Store;
  readonly plugins: PluginSet;
}
/** `only`: for one agent, of which alone it is asked then. `isAlive`: of a caller that has looked already, or will. */
export function openIndex(
  { store, plugins }: IndexTools,
  only?: string,
  isAlive: (inbox: string) => boolean = lookForForeign(),
): SwarmIndex {
  const file = readIndexFile(indexPath(store), only);
  const by = new Map<string, string>(); // by runner: who would fold it now
  const foldedBy = async (runner: string): Promise<string> => {
    const { by: now } = await translateFor(plugins, runner);
    by.set(runner, now);
    return now;
  };
  return {
    async settled(id) {
      const row = parseHead(file.head(id));
      if (row === undefined || row.seal.length === 0) return undefined;
      if ((by.get(row.runner) ?? (await foldedBy(row.runner))) !== row.by) return undefined;
      if (!isSealed(store.paths(id), row) || isAlive(row.inbox)) return undefined;
      const snapshot = (): Snapshot | undefined => {
        const body = file.body(id);
        return body === undefined ? undefined : parseSnapshot(splitBody(body).snapshot);
      };
      return { session: row.session, ended: row.ended, run: row.run, inbox: row.inbox, snapshot };
    },
    async checkpoint(id) {
      const row = parseHead(file.head(id));
      if (row === undefined || (await foldedBy(row.runner)) !== row.by) return undefined;
      const body = file.body(id);
      const checkpoint = body === undefined ? undefined : parseCheckpoint(splitBody(body).checkpoint);
      return checkpoint !== undefined && isFrom(store.paths(id), checkpoint) ? checkpoint : undefined;
    },
    replace(fresh) {
      const rows = new Map<string, IndexRow>();
      for (const id of store.ids()) {
        const [head, body] = fresh.has(id) ? [] : [file.head(id), file.body(id)];
        const row = head === undefined || body === undefined ? fresh.get(id) : { head, body };
        if (row !== undefined) rows.set(id, row);
      }
      return replaceIndexFile(indexPath(store), rows);
    },
  };
}

/** For one agent alone: where its log is so long that to fold it is dearer than to read the index. */
export function indexFor(tools: IndexTools, id: string): Pick<SwarmIndex, "checkpoint"> | undefined {
  if (sizeOfLog(tools.store.paths(id).log) <= LONG_LOG) return undefined;
  const index = openIndex(tools, id);
  doneWith(stat(indexPath(tools.store))?.size ?? 0);
  return index;
}

const LONG_LOG = 256 * 1024; // bytes

/** A reader's word for the next one. The disk may be full, or not for it to write on: then it takes time again. */
export function offerRows(index: SwarmIndex, fresh: IndexRows): void {
  try {
    index.replace(fresh);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
  }
}
