/** A run's mark: every process it started carries it in its environment, also one in a session of its own. */
import { allPids, type PidMoment, pidsSince, type ProcessStat, readSystem, statOf } from "./liveness.ts";

const VARIABLE = "SKEP_RUN";

/** `<root's inode>/<id>/<run>`. */
export const runMark = (rootInode: string, id: string, run: number): string => `${rootInode}/${id}/${run}`;
/** What the marks of all runs of an agent begin with. */
export const agentMark = (rootInode: string, id: string): string => `${rootInode}/${id}/`;

/**
 * Live processes with this mark; with one that ends in `/`, those whose mark begins so. A process that cleared its environment
 * is not found. `since`: none of them is older.
 */
export function processesWithMark(mark: string, since?: PidMoment): ProcessStat[] {
  const wanted = `\0${VARIABLE}=${Buffer.from(mark).toString("latin1")}${mark.endsWith("/") ? "" : "\0"}`;
  return pidsSince(since).flatMap((pid) => {
    if (pid === process.pid) return [];
    const environment = readSystem(`/proc/${pid}/environ`);
    if (environment === undefined || !`\0${environment}`.includes(wanted)) return [];
    const found = statOf(pid);
    return found === undefined || found.zombie ? [] : [found];
  });
}

export interface MarkedProcess extends ProcessStat {
  readonly mark: string;
  readonly id: string; // of the agent
  readonly run: number;
}
/** Live processes that runs of this root started; another file system's root may have the same inode, so its path counts too. */
export function processesOfRoot(rootInode: string, root: string): MarkedProcess[] {
  const path = `\0SKEP_ROOT=${Buffer.from(root).toString("latin1")}\0`;
  return allPids().flatMap((pid) => {
    const environment = `\0${(pid === process.pid ? undefined : readSystem(`/proc/${pid}/environ`)) ?? ""}`;
    const [, mark = "", inode, id = "", run] = /\0SKEP_RUN=((\d+)\/([^/\0]+)\/(\d+))\0/.exec(environment) ?? [];
    const found = inode === rootInode && environment.includes(path) ? statOf(pid) : undefined;
    return found === undefined || found.zombie ? [] : [{ ...found, mark, id, run: Number(run) }];
  });
}

/** Live members of a process group. */
export function processesInGroup(group: number): ProcessStat[] {
  return allPids().flatMap((pid) => {
    const found = pid === process.pid ? undefined : statOf(pid);
    return found === undefined || found.zombie || found.group !== group ? [] : [found];
  });
}
