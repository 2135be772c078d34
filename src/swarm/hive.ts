/** What the parts of a supervising swarm share. */
import { MIN_AGE_MS } from "../core/ended.ts";
import type { HookBus } from "../core/hooks.ts";
import type { Store } from "../store/store.ts";
import type { Environment } from "../types.ts";
import type { Change, Settings } from "./api.ts";
import type { Kept } from "./kept.ts";
import type { Login } from "./logins.ts";
import type { PluginSet } from "./load-plugins.ts";

export const SETTINGS: Settings = {
  idleTimeout: 30 * 60_000,
  resumeMessage: "Continue where you left off.",
  runFiles: "keep",
  runFilesAge: MIN_AGE_MS,
  maxLogBytes: Number.POSITIVE_INFINITY,
};

/** How long each step of a stop waits before the next one. */
export const GRACE_MS = 10_000;

export interface Hive {
  readonly store: Store;
  readonly plugins: PluginSet;
  readonly hooks: HookBus;
  readonly settings: Settings;
  readonly env: Environment; // the supervisor's own, for runs that nobody asked for just now
  readonly kept: Map<string, Kept>;
  readonly faults: Map<string, string>; // what was warned of last, by what it is about
  readonly unmade: Set<string>; // agents that came to nothing, and whose folders could not be taken away
  readonly logins: Map<string, Login>; // by what a launch calls it
  readonly watchers: Set<(change: Change) => void>;
  readonly now: () => number;
  readonly warn: (text: string) => void;
  readonly rootInode: () => string;
  /** Hands over the next message, or starts the run that takes it. */
  readonly deliver: (kept: Kept) => void;
  /** Answers what the agent asks for, where that was decided beforehand. */
  readonly answer: (kept: Kept) => void;
  /** Takes the place of `dir` in every agent. */
  readonly repoRoot?: string | undefined;
  closed: boolean;
}

export function tellWatchers(hive: Hive, change: Change): void {
  for (const watcher of hive.watchers) watcher(change);
}

/** Warns of what goes wrong again and again once. */
export function tellFault(hive: Hive, about: string, text: string): void {
  if (!hive.closed && hive.faults.get(about) !== text) hive.warn(text);
  hive.faults.set(about, text);
}
