/** What a plugin is. */
import type {
  Awaitable,
  EventHandler,
  Launch,
  Phase,
  Renderer,
  RunExit,
  Runner,
  RunSpec,
  Snapshot,
  SpawnRequest,
  StampedEvent,
  Status,
  SwarmView,
} from "./types.ts";

/**
 * Listeners see and cannot change state. They run in order after the entry is on disk, once per first ingest (also for what
 * was written while nobody supervised), at most once, never on replay. spawn, launch and remove are awaited (30 s) and may
 * refuse by throwing; the others are not awaited, and a throw is logged with the plugin's name.
 */
export interface Hooks {
  /** A supervisor has taken over the root's agents. */
  "swarm:reload": (view: SwarmView) => Awaitable<void>;
  /** It lets go of them; they go on. */
  "swarm:close": () => Awaitable<void>;
  /** May edit the request; a throw refuses the spawn. */
  "agent:spawn": (request: SpawnRequest) => Awaitable<void>;
  /** May wrap the launch (worktree, container, ssh); a throw fails the run. */
  "agent:launch": (launch: Launch, run: RunSpec) => Awaitable<void>;
  /** A batch, in the order of the log. */
  "agent:event": (agent: Snapshot, events: readonly StampedEvent[]) => Awaitable<void>;
  /** A turn ended. `message`: the id of what began it, where known. */
  "agent:turn": (
    agent: Snapshot,
    turn: { readonly message?: string; readonly answer?: string; readonly error?: string },
  ) => Awaitable<void>;
  /** One of both changed. */
  "agent:status": (agent: Snapshot, previous: { readonly status: Status; readonly phase: Phase }) => Awaitable<void>;
  /** A run ended. */
  "agent:stop": (agent: Snapshot, exit: RunExit) => Awaitable<void>;
  /** Before anything is deleted; a throw refuses it. */
  "agent:remove": (agent: Snapshot, options: Readonly<Record<string, unknown>>) => Awaitable<void>;
}

/** What is put together under one name. A part with the name of a bundled one takes its place. */
export interface Plugin {
  readonly name: string;
  readonly version: string; // as npm's: 1.2.3
  readonly api: 1;
  readonly runners?: readonly Runner[];
  readonly handlers?: readonly EventHandler[];
  readonly renderers?: readonly Renderer[];
  readonly hooks?: Partial<Hooks>;
}

/** What a plugin file exports by default. The function form gets its options and tools, so no value import is needed. */
export type PluginModule = Plugin | ((api: PluginApi) => Awaitable<Plugin>);

/** What the function form is given. */
export interface PluginApi {
  readonly options: unknown; // the plugin's own part of the user's config
  readonly log: { info(text: string): void; warn(text: string): void }; // the supervisor's log; a verb's stderr
  /** Texts of zot's and Anthropic's content blocks. */
  textBlocks(content: unknown): readonly string[];
}

/** Gives an editor the types of a plugin; the value is returned as it is. */
export function definePlugin<P extends PluginModule>(plugin: P): P {
  return plugin;
}
