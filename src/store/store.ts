/** Where one agent is kept: absolute paths, all but `folder` in it. */
export interface AgentPaths {
  readonly folder: string;
  readonly meta: string;
  readonly log: string;
  readonly session: string;
  readonly inbox: string;
}
/** The agents of a root as folders: their children write into them by path, so a store is always one of files. */
export interface Store {
  /** The root by its real path; it need not be there yet. */
  readonly root: string;
  /** Names in the root that can be agents', sorted. */
  ids(): readonly string[];
  /** Where an agent is, or would be. */
  paths(id: string): AgentPaths;
  /** Claims an id that is free here and among the archived; `false`: it is taken. */
  claim(id: string): boolean;
  /** Takes an agent's folder out of the swarm, then deletes it. */
  discard(id: string): void;
  /** Deletes what discards that were cut off left behind. */
  emptyTrash(): void;
}
