/** Takes a root: its lock, then its socket, then its agents, one by one. */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { timeOf } from "../core/entry.ts";
import { exists, makeFolders, replace, stat } from "../disk.ts";
import { reasonOf } from "../errors.ts";
import { version } from "../build-info.ts";
import { inboxPath } from "../process/inbox-socket.ts";
import { bootId, isAlive, startOf } from "../process/liveness.ts";
import { settleArchive } from "../store/archive.ts";
import { openStore } from "../store/fs-store.ts";
import type { Store } from "../store/store.ts";
import { type Lock, takeLock } from "../store/lock.ts";
import type { Settings, Swarm } from "../swarm/api.ts";
import { answerByApproval } from "../swarm/answer.ts";
import { deliverNext } from "../swarm/deliver.ts";
import { type Hive, SETTINGS } from "../swarm/hive.ts";
import { makeIndexer } from "../swarm/indexer.ts";
import { isBusy, startTicking, takeOverAll } from "../swarm/keep.ts";
import { letGo } from "../swarm/supervise.ts";
import { endTurns } from "../swarm/logins.ts";
import type { PluginSet } from "../swarm/load-plugins.ts";
import { reload } from "../swarm/reload.ts";
import { startRetaining } from "../swarm/retain.ts";
import { makeSwarm } from "../swarm/swarm.ts";
import type { Environment } from "../types.ts";
import { PROTOCOL } from "./protocol.ts";
import { listen } from "./server.ts";
import { readRecord } from "./start.ts";

export interface SuperviseOptions {
  readonly root: string;
  readonly plugins: PluginSet;
  readonly env: Environment;
  readonly settings?: Partial<Settings>;
  readonly repoRoot?: string | undefined;
  readonly warn: (text: string) => void;
  /** Somebody asked over the socket that this supervisor ends. */
  readonly onShutdown?: () => void;
}
export interface Supervisor {
  readonly swarm: Swarm;
  /** ms since something was alive, waited, or was asked for. */
  readonly restingFor: () => number;
}

/** What a client needs to find the supervisor: `<root>/supervisor.json`. */
export interface SupervisorRecord {
  readonly pid: number;
  readonly start: number;
  readonly boot: string;
  readonly socket: string;
  readonly protocol: number;
  readonly version: string;
  readonly since: string;
}

/** `undefined` when another process holds the lock. Closing the swarm lets go of the root and touches no agent. */
export async function superviseRoot(options: SuperviseOptions): Promise<Supervisor | undefined> {
  makeFolders(options.root);
  const store = openStore(options.root);
  const lock = await takeRoot(store.root);
  if (lock === undefined) return undefined;
  try {
    return await superviseLocked(options, store, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

const INHERITED_MS = 1_000;
/**
 * Takes the lock. A holder that was killed in the middle of a start has left it to the child until that has become another
 * program, some milliseconds: one that lives is believed at once.
 */
async function takeRoot(root: string): Promise<Lock | undefined> {
  const deadline = Date.now() + INHERITED_MS;
  for (let wait = 5; ; wait = Math.min(100, wait * 2)) {
    const lock = await takeLock(join(root, "lock"));
    if (lock !== undefined || Date.now() > deadline) return lock;
    const record = readRecord(root);
    if (record !== undefined && record.boot === bootId() && isAlive(record)) return undefined;
    await pause(wait);
  }
}

async function superviseLocked(options: SuperviseOptions, store: Store, lock: Lock): Promise<Supervisor> {
  const { plugins, env, warn } = options;
  store.emptyTrash();
  settleArchive(store);
  const now = (): number => Date.now();
  const hive: Hive = {
    store,
    plugins,
    hooks: plugins.hooks,
    settings: { ...SETTINGS, ...options.settings },
    env,
    kept: new Map(),
    faults: new Map(),
    unmade: new Set(),
    logins: new Map(),
    watchers: new Set(),
    now,
    warn,
    rootInode: () => String(stat(store.root)?.ino ?? 0),
    deliver: (kept) => deliverNext(hive, kept),
    answer: (kept) => answerByApproval(hive, kept),
    closed: false,
    repoRoot: options.repoRoot,
  };
  const indexer = makeIndexer(hive);
  const since = timeOf(now());
  const socket = inboxPath(store.root, "", env);
  let busyAt = now();
  const swarm = makeSwarm(hive, async () => {
    if (hive.closed) return;
    stopTicking();
    stopRetaining();
    clearInterval(guard);
    hive.hooks.tell("swarm:close");
    indexer.write(true);
    for (const kept of hive.kept.values()) letGo(hive, kept);
    hive.closed = true;
    endTurns(hive);
    await server.close();
    lock.release();
  });
  const serve = (): ReturnType<typeof listen> =>
    listen(socket, {
      swarm,
      since,
      warn,
      bring: (files) => plugins.bring(files),
      shutdown: options.onShutdown,
      touched: () => (busyAt = now()),
    });
  let server = await serve();
  const record: SupervisorRecord = {
    pid: process.pid,
    start: startOf(process.pid) ?? 0,
    boot: bootId(),
    socket,
    protocol: PROTOCOL,
    version,
    since,
  };
  try {
    replace(join(store.root, "supervisor.json"), `${JSON.stringify(record)}\n`);
  } catch (error) {
    await server.close(); // else it would live on as one that answers and keeps nobody
    throw error;
  }
  const stopTicking = startTicking(hive, indexer);
  const guard = setInterval(() => {
    // A logout empties the runtime folder: who comes back must find us.
    if (!exists(socket) && !hive.closed) {
      void server
        .close()
        .then(serve)
        .then((fresh) => (server = fresh))
        .catch((error: unknown) => warn(`socket: ${reasonOf(error)}`));
    }
  }, 1_000);
  guard.unref();
  const takenOver = takeOverAll(hive);
  const stopRetaining = startRetaining(hive, indexer, takenOver);
  void takenOver.then(async () => hive.hooks.tell("swarm:reload", await reload(hive)));
  const restingFor = (): number => {
    if (isBusy(hive)) busyAt = now();
    return now() - busyAt;
  };
  return { swarm, restingFor };
}
