/** The library: what the command line uses, and what plugins are written against. */
export * from "./types.ts";
export { definePlugin, type Hooks, type Plugin, type PluginApi, type PluginModule } from "./define-plugin.ts";
export { type ErrorCode, SkepError } from "./errors.ts";
export { openSwarm, type OpenOptions } from "./supervisor/open-swarm.ts";
export type {
  AgentControl,
  ArchiveControl,
  Change,
  MessageControl,
  RemoveOptions,
  ResumeOptions,
  SendOptions,
  Settings,
  SpawnOptions,
  StopOptions,
  Swarm,
  SwarmWatch,
} from "./swarm/api.ts";
export type { Caller } from "./swarm/caller.ts";
export type { PluginFile } from "./swarm/plugin-file.ts";
export { isSettled, waitFor, type Waited, type WaitOptions } from "./swarm/wait.ts";
