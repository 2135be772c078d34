/**
 * The vocabulary of skep. Imports nothing.
 *
 *   line ─parseEntry→ LogEntry ─EventHandler→ AgentEvent ─reduce→ AgentState ─snapshot→ hooks, renderers, --json
 *
 * Plugin authors see Snapshot, never the internals: it is the record that `--json` prints, key for key.
 */
/** A value, or a promise of it: an author need not write `async`. */
export type Awaitable<T> = T | PromiseLike<T>;
/** RFC 3339 in UTC. */
export type Time = string;

// ── what was written ─────────────────────────────────────────────────────────────────────────────

/** One line of events.jsonl. `data` is the whole object as its author wrote it, the `skep` stamp aside. */
export interface LogEntry {
  readonly type: string;
  readonly time: Time;
  readonly received: number; // ms since 1970 when skep read it (another supervisor's line: its own time); order and `updated` go by it
  readonly data: Readonly<Record<string, unknown>>;
  readonly origin: Origin;
}
/** Who wrote the line: a child of a run (byte offset and length in its file), skep itself, or another supervisor (zot). */
export type Origin =
  | { readonly by: "child"; readonly run: number; readonly stream: "out" | "err" | "mirror"; readonly at: number; readonly bytes: number }
  | { readonly by: "skep"; readonly run: number; readonly seq: number }
  | { readonly by: "other" };

// ── what it means: closed, the reducer is exhaustive over it ────────────────────────────────────────

/**
 * The fold of an agent's events, in the order of its log, is its state. skep alone says run_started, run_stopped,
 * run_failed, start_held, stop_requested, cancel_requested, queue and answered; the others are what handlers make of an agent's words.
 */
export type AgentEvent =
  | { readonly kind: "run_started"; readonly run: number; readonly resumed: boolean }
  | { readonly kind: "ready" }
  | { readonly kind: "agent_session"; readonly id: string } // the id in the agent's own CLI, for its resume
  | { readonly kind: "turn_started"; readonly message?: string } // id of the message it answers, where known
  | { readonly kind: "turn_ended"; readonly message?: string; readonly answer?: string; readonly error?: string; readonly cancelled?: boolean }
  | { readonly kind: "message"; readonly role: "user" | "assistant"; readonly text: string; readonly delta?: boolean; readonly id?: string } // a delta joins the message before it: same role, same id, no tool, turn or run between
  | { readonly kind: "output"; readonly stream: "stdout" | "stderr"; readonly text: string }
  | { readonly kind: "tool"; readonly phase: "started" | "ended"; readonly id?: string; readonly name?: string; readonly summary?: string; readonly ok?: boolean } // ended may leave out what its id says
  | { readonly kind: "history"; readonly phase: "started" | "ended" } // between them the agent repeats old turns (ACP session/load): only agent_session, waiting, error count
  | { readonly kind: "activity"; readonly text: string }
  | { readonly kind: "waiting"; readonly request: string; readonly what: string } // an approval or an answer is wanted
  | { readonly kind: "answered"; readonly request: string; readonly allowed: boolean }
  | { readonly kind: "withdrawn"; readonly request: string } // the agent no longer asks
  | { readonly kind: "busy" } // the agent refused the message it was sent last, since a turn is open: it is put back
  | { readonly kind: "usage"; readonly scope: "step" | "turn" | "run" | "session"; readonly usage: Partial<Usage> } // what the numbers cover: the reducer does the sums
  | { readonly kind: "limit"; readonly message: string; readonly until?: Time } // the agent's plan or rate limit
  | { readonly kind: "error"; readonly level: "retry" | "warning" | "terminal"; readonly message: string; readonly login?: boolean } // login: it failed on its login, as others of that login would
  | { readonly kind: "run_stopped"; readonly exit: RunExit }
  | { readonly kind: "run_failed"; readonly error: string; readonly agent_session?: string } // skep ends the run: what it led into counts no more
  | { readonly kind: "start_held"; readonly why?: string } // its next run is held back; without a reason: no longer
  | { readonly kind: "stop_requested"; readonly reason: "cancelled" | "shutdown" | "timeout"; readonly by: string }
  | { readonly kind: "cancel_requested"; readonly by: string }
  | { readonly kind: "queue"; readonly message: string; readonly state: MessageState; readonly waits?: boolean; readonly why?: string } // waits: for a resume, it starts none
  | { readonly kind: "note"; readonly name: string; readonly value: unknown }; // a plugin's own fact, shown in the snapshot
/** An event with the time of its entry. `late`: it was written while nobody supervised. */
export type StampedEvent = AgentEvent & { readonly time: Time; readonly late?: true };

/** queued · sent: handed to the agent · delivered: its turn started · done: its turn ended · undeliverable: given up */
export type MessageState = "queued" | "sent" | "delivered" | "done" | "undeliverable";

/**
 * Sums by scope, each number by itself: step and turn are added; run is the run's last value, runs are added; session is the
 * last value, and one that is smaller than the last starts anew on top of it.
 */
export interface Usage {
  readonly input_tokens: number; // fresh ones: without those read from or written to a cache (codex, gemini: subtract)
  readonly output_tokens: number; // with those of thinking
  readonly cache_read_tokens: number; // taken from a cache
  readonly cache_write_tokens: number; // put into one
  readonly cost_usd: number; // dollars
}
/** How a run ended. `lost`: nobody knows. `failed_to_start`: its child never existed. `failed`: skep ended it, for what `error` says. Another text is another supervisor's. */
export interface RunExit {
  readonly reason: "exit" | "cancelled" | "shutdown" | "timeout" | "lost" | "failed_to_start" | "failed" | (string & {});
  readonly code?: number; // 0 to 255; above 128 it may be a signal's
  readonly signal?: string; // of one that skep sent: SIGTERM
  readonly error?: string; // why it is none of the child's own ends
}

/**
 * Translates what one kind of agent says. Pure and synchronous: no clock, no I/O, no state of its own, since replay must give
 * what live gave. `undefined` = not mine (the next handler is asked); `[]` = known, of no interest.
 * Asked in this order: the user's handlers for this runner, the bundled ones for it, those for "*"; the first that does not
 * say undefined counts; an entry that nobody wants is counted as unknown, and kept. skep's own entries go to the core alone,
 * and run_started, run_stopped, run_failed, start_held, stop_requested, cancel_requested, queue and answered from any handler are dropped (a log of
 * another supervisor aside): no child and no plugin can end an agent.
 */
export interface EventHandler {
  readonly name: string;
  readonly runner: string | readonly string[]; // "*" for all
  readonly types?: readonly string[]; // all when absent
  /**
   * Types that leave nothing behind but lines of the transcript, the last answer and the activity. Of a long log that
   * another supervisor wrote only the newest of them are read.
   */
  readonly passing?: readonly string[];
  /**
   * The conversation that an entry is of, where an agent prints those of its sub-agents too. Of another than the agent's own
   * (`agent_session`), waiting and withdrawn alone count.
   */
  sessionOf?(entry: LogEntry): string | undefined;
  handle(entry: LogEntry): readonly AgentEvent[] | undefined;
}

// ── what is shown ────────────────────────────────────────────────────────────────────────────────

/** An end that nobody knows is `detached`, never `done`. */
export type Status = "pending" | "running" | "done" | "failed" | "killed" | "detached";
/** working: a turn is open or a message waits · waiting: for a person · idle: alive, nothing to do · ended: no process */
export type Phase = "working" | "waiting" | "idle" | "ended";

/** One agent, as `--json` prints it. A key is absent, not null, when its value is unknown. */
export interface Snapshot {
  readonly id: string;
  readonly handle: string; // the part after the last "-" of the id: unique in its root, enough for every verb
  readonly task: string;
  readonly dir: string; // absolute
  readonly started: Time;
  readonly runner: string;
  readonly status: Status;
  readonly phase: Phase;
  readonly activity: string;
  readonly tail: readonly string[]; // last lines of the transcript, at most 6
  readonly run: number; // newest run, 0 before the first
  readonly turns: number; // that began, in all runs
  readonly model?: string;
  readonly provider?: string;
  readonly session_id?: string; // host session the agent is scoped to
  readonly agent_session?: string; // conversation in the agent's own CLI
  readonly labels?: Readonly<Record<string, string>>;
  readonly parent?: string;
  readonly args?: readonly string[];
  readonly pid?: number; // the child's, while it lives
  readonly exit_code?: number; // the newest run's, 0 to 255
  readonly signal?: string;
  readonly ended?: Time;
  readonly updated?: Time; // time of the last event
  readonly last_assistant?: string; // last assistant message, whole
  readonly last_error?: string;
  readonly waiting?: readonly { readonly request: string; readonly what: string; readonly since: Time }[];
  readonly limit?: { readonly message: string; readonly until?: Time };
  readonly usage?: Partial<Usage>; // a number that nobody told is absent, not 0
  readonly queued?: number; // messages not yet delivered
  readonly unknown_events?: number; // entries that no handler knew
  readonly skipped_lines?: number; // malformed or torn lines of the log
  readonly notes?: Readonly<Record<string, unknown>>;
}
/** What `show --json` prints. */
export interface Detail extends Snapshot {
  readonly runs: readonly { readonly run: number; readonly started: Time; readonly ended?: Time; readonly exit?: RunExit; readonly argv: readonly string[] }[];
  readonly messages: readonly { readonly id: string; readonly time: Time; readonly text: string; readonly state: MessageState }[];
}
/** What could not be read, or only in part. `code` is an ErrorCode, or what the system said (ENOENT). */
export interface Problem {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}
/** The agents of a root, oldest first. */
export interface SwarmView {
  readonly root: string;
  readonly agents: readonly Snapshot[];
  readonly hidden: number; // agents that a filter or the age limit left out
  readonly problems: readonly Problem[];
}
/** Strings reach a "text" renderer sanitised, so it may colour; a "data" renderer gets them as they are. */
export interface Renderer {
  readonly name: string;
  readonly output: "text" | "data";
  render(view: SwarmView, options: RenderOptions): string;
  watch?(views: AsyncIterable<SwarmView>, options: RenderOptions, signal: AbortSignal): Promise<void>;
}
/** For whom it is rendered. */
export interface RenderOptions {
  readonly verb: string; // ls, show, wait, …
  readonly columns?: number; // absent: not a terminal, do not fit
  readonly color: boolean;
  readonly now: Time;
}

// ── how an agent is started and spoken to ──────────────────────────────────────────────────────────

/** Describes; the core executes, so every runner is durable without doing anything for it. */
export interface Runner {
  readonly name: string;
  readonly turns: "none" | "live" | "resume"; // takes no messages · while a run lives · each as a run of its own
  readonly output?: "events" | "json" | "text"; // json: objects without a `type` get type "json"; text: each line is a `stdout` entry. Default events
  readonly verdict?: "exit"; // the exit code alone says whether a run failed; by default a last turn that failed or stayed open fails it too
  readonly echoes?: boolean; // prints the user's turns itself, so skep does not log them
  detect?(env: Environment): Awaitable<Detected>;
  launch(run: RunSpec): Awaitable<Launch>;
  deliver?(command: Command, agent: Snapshot): Delivery;
  dialogue?: Dialogue; // instead of deliver, for two-way protocols
  readonly asks?: boolean; // its agent asks before it acts, and takes an `answer`: skep answers by --approve, else a person does
  readonly accepts?: readonly string[]; // spawn flags it takes beyond the common: model, provider, stdin, jsonl, approve, …; another is exit 2
  interactive?(agent: Snapshot): readonly string[]; // argv of the agent's own screen on this conversation: `skep open`
}
/** Variables by their names. */
export type Environment = Readonly<Record<string, string | undefined>>;
/** Where an agent's program is, or what is missing. */
export type Detected =
  | { readonly path: string; readonly version?: string }
  | { readonly missing: string; readonly hint: string }; // what was looked for; the command that installs or logs in

/** What a runner is told of the run that it describes. */
export interface RunSpec {
  readonly agent: Snapshot;
  readonly run: number; // from 1
  readonly resuming: boolean; // it is not the first
  readonly message?: { readonly id: string; readonly text: string }; // this run's first prompt: the task on the first run; on a resume without one the core gives the configured sentence to runners with turns "resume"
  readonly args: readonly string[]; // what the user gave after "--"
  readonly env: Environment;
  readonly options: Readonly<Record<string, unknown>>; // the flags and preset keys the runner declares
  readonly paths: {
    readonly inbox: string;
    readonly session: string;
    readonly log: string;
    readonly dir: string;
    readonly before?: string; // where the run before this one worked: some agents find a conversation only there. Not told to a dialogue
  };
  readonly skep: readonly string[]; // argv that starts this skep: for agents that live inside the binary
}
/** How a run's child is started. Paths are absolute. */
export interface Launch {
  argv: string[]; // never through a shell
  env?: Record<string, string | undefined>; // on top of the user's environment; undefined removes
  cwd?: string; // the agent's dir when absent
  stdin?: Stdin; // none when absent
  output?: "events" | "json" | "text"; // for this run, instead of the runner's; so is turns; both kept in intent.json
  turns?: "none" | "live" | "resume";
  agent_session?: string; // chosen here, or asked for, kept in intent.json: an agent that reports another is stopped
  login?: string; // names the login it uses, without a secret: agents of the same one start one at a time. Never kept
}
/** open never reaches its end: only for agents that read on. first is written before anything else. */
export type Stdin = { readonly kind: "none" } | { readonly kind: "text"; readonly text: string } | { readonly kind: "open"; readonly first?: string };

/** What is to be said to an agent. */
export type Command =
  | { readonly kind: "user"; readonly id: string; readonly text: string }
  | { readonly kind: "cancel" }
  | { readonly kind: "shutdown" }
  | { readonly kind: "answer"; readonly request: string; readonly allow: boolean; readonly reason?: string };
/** Where a command goes. */
export type Delivery =
  | { readonly to: "stdin"; readonly text: string } // with its newline
  | { readonly to: "inbox"; readonly line: string } // the child's inbox socket
  | { readonly to: "signal"; /* to the child's group */ readonly signal: "SIGINT" | "SIGTERM" | "SIGUSR1" | "SIGUSR2" }
  | { readonly to: "close" } // ends an open stdin: how many agents are asked to leave
  | { readonly to: "next_run" } // not while this run lives: it waits
  | { readonly to: "refused"; readonly why: string };

/**
 * A conversation over stdio (ACP, app-server, control requests). Deterministic over its inputs, which are all in the log of
 * the run: start, then each line of the child (read) and each command (own entry `said`, written before say), in log order.
 * A step's state already counts what it sends; `sent` entries are never read back. The k-th line that the fold wants is the
 * k-th `sent` entry of the run: what is beyond the last one is sent now. So a new supervisor takes up in the middle. `run`
 * is the snapshot and the intent of the run's beginning.
 */
export interface Dialogue<S = unknown> {
  start(run: Omit<RunSpec, "env">): DialogueStep<S>;
  read(state: S, entry: LogEntry): DialogueStep<S>;
  say(state: S, command: Command): DialogueStep<S>;
}
/** What one input of a dialogue leads to. */
export interface DialogueStep<S> {
  readonly state: S;
  readonly send?: readonly string[];
  readonly then?: Exclude<Delivery, { to: "stdin" }>; // after send: close on shutdown, a signal, refused
  readonly failed?: string; // the run is stopped, with this error
  readonly later?: boolean; // the command can't be said yet: it is said again after the next entry
}

/** An agent that is to be started. */
export interface SpawnRequest {
  task: string;
  runner: string;
  dir: string;
  name?: string;
  model?: string;
  provider?: string;
  session_id?: string;
  labels?: Record<string, string>;
  args?: string[];
  parent?: string;
  options?: Record<string, unknown>; // flags that a runner accepts or a hook asks for (approve, stdin, worktree, …); kept in meta.json
  notes?: Record<string, unknown>; // shown in the snapshot
}
