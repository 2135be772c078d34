/** The files of one run, `runs/<000001>/`: see docs/formats.md. Who writes which is what makes a run survive everybody. */
import { dirname, join } from "node:path";
import * as v from "valibot";
import { create, exists, isFolder, listFolders, readWhole } from "../disk.ts";
import { corruptFile, reasonOf, SkepError, unfinishedIntent } from "../errors.ts";

export interface RunPaths {
  readonly dir: string;
  readonly intent: string; // supervisor, before anything starts
  readonly claim: string; // shim, or who gives the run up: one O_EXCL create
  readonly child: string; // the shim's subshell, just before exec
  readonly stop: string; // supervisor
  readonly out: string; // the child
  readonly err: string; // the child
  readonly in: string; // supervisor
  readonly feed: string; // shim: whom to end to close the child's stdin
  readonly mirror: string; // a zot child
  readonly exit: string; // shim
}

export function runPaths(agentFolder: string, run: number): RunPaths {
  const dir = join(agentFolder, "runs", String(run).padStart(6, "0"));
  const file = (name: string): string => join(dir, name);
  return {
    dir,
    intent: file("intent.json"),
    claim: file("claim"),
    child: file("child"),
    stop: file("stop"),
    out: file("out"),
    err: file("err"),
    in: file("in"),
    feed: file("feed"),
    mirror: file("mirror"),
    exit: file("exit"),
  };
}

/** Numbers of the runs that have a folder, rising. */
export const listRuns = (agentFolder: string): number[] =>
  listFolders(`${agentFolder}/runs`)
    .filter((name) => /^\d{6,12}$/.test(name))
    .map(Number)
    .toSorted((a, b) => a - b);

/** What a run was started as. Enough to read it, to speak to it and to end it without its plugin. */
export interface Intent {
  /** Why the file could not be read: all but the run's number is a guess then. Never on disk. */
  readonly damaged?: string;
  readonly run: number;
  readonly resuming: boolean;
  readonly message?: { readonly id: string; readonly text: string };
  readonly runner: string;
  readonly turns: "none" | "live" | "resume";
  readonly output: "events" | "json" | "text";
  readonly stdin: "none" | "text" | "open";
  readonly verdict?: "exit";
  readonly echoes?: boolean;
  readonly agent_session?: string;
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly plugin?: { readonly path: string; readonly hash: string };
  readonly request?: string; // the client's id of the wish that started it
  readonly time: string; // RFC 3339
  readonly boot: string;
  readonly pidns: string;
  readonly machine: string;
}

const words = v.array(v.string());
const schema: v.GenericSchema<unknown, Intent> = v.object({
  run: v.number(),
  resuming: v.boolean(),
  message: v.exactOptional(v.object({ id: v.string(), text: v.string() })),
  runner: v.string(),
  turns: v.picklist(["none", "live", "resume"]),
  output: v.picklist(["events", "json", "text"]),
  stdin: v.picklist(["none", "text", "open"]),
  verdict: v.exactOptional(v.literal("exit")),
  echoes: v.exactOptional(v.boolean()),
  agent_session: v.exactOptional(v.string()),
  args: words,
  options: v.record(v.string(), v.unknown()),
  argv: words,
  cwd: v.string(),
  labels: v.record(v.string(), v.string()),
  plugin: v.exactOptional(v.object({ path: v.string(), hash: v.string() })),
  request: v.exactOptional(v.string()),
  time: v.string(),
  boot: v.string(),
  pidns: v.string(),
  machine: v.string(),
});
const MAX_INTENT = 16 * 1024 * 1024;
const MAX_WORD = 4 * 1024;

/** Writes the intent, on disk when this returns. A run has one: it is never written again. */
export function writeIntent(paths: RunPaths, intent: Intent): void {
  create(paths.intent, `${JSON.stringify(intent)}\n`);
}

/** `undefined` when it is missing or was never finished: nothing was started then. Throws SkepError "corrupt" when it is damaged. */
export function readIntent(paths: RunPaths): Intent | undefined {
  if (!isOwn(paths)) return undefined;
  const text = readWhole(paths.intent, MAX_INTENT)?.toString("utf8");
  if (text === undefined || !text.endsWith("\n")) return undefined;
  try {
    return v.parse(schema, JSON.parse(text));
  } catch (cause) {
    throw corruptFile(paths.intent, cause);
  }
}

/**
 * The run's intent for those who must go on without it. A run that was claimed was started, whatever became of its intent:
 * it is told as damaged, and never passed over for an older one. `undefined`: nothing can have been started.
 */
export function recoverIntent(paths: RunPaths, run: number): Intent | undefined {
  if (!isOwn(paths)) return undefined;
  try {
    const intent = readIntent(paths);
    if (intent !== undefined) return intent;
    return exists(paths.claim) ? guess(run, reasonOf(unfinishedIntent(paths.intent))) : undefined;
  } catch (error) {
    if (!(error instanceof SkepError)) throw error;
    return guess(run, reasonOf(error));
  }
}

/** Whether the run's folder is the agent's own: a link would lead to files that are not skep's. */
export const isOwn = ({ dir }: RunPaths): boolean => isFolder(dir) && isFolder(dirname(dir));

/** Of no boot and no machine: nothing is signalled by a pid because of it. */
const guess = (run: number, damaged: string): Intent => ({
  damaged,
  run,
  resuming: run > 1,
  runner: "unknown",
  turns: "live",
  output: "events",
  stdin: "none",
  args: [],
  options: {},
  argv: [],
  cwd: "/",
  labels: {},
  time: "",
  boot: "unknown",
  pidns: "unknown",
  machine: "unknown",
});

/** A process: its number alone may be another's by now, with its start (clock ticks since boot) it is this one. */
export interface ProcessId {
  readonly pid: number;
  readonly start: number;
}
export type Claim =
  | { readonly by: "shim"; readonly shim: ProcessId }
  | { readonly by: "nobody"; readonly reason: string };

/** `undefined`: there is none. `empty`: it was made and could not be written. */
export function readClaim(paths: RunPaths): Claim | "empty" | undefined {
  const text = readWord(paths.claim);
  if (text === undefined) return undefined;
  const shim = text.startsWith("shim ") ? parseProcess(text.slice("shim ".length)) : undefined;
  if (shim !== undefined) return { by: "shim", shim };
  return text.startsWith("void ") && text.endsWith("\n")
    ? { by: "nobody", reason: text.slice("void ".length).trim() }
    : "empty";
}

export const readChild = (paths: RunPaths): ProcessId | undefined => readProcess(paths.child);
export const readFeed = (paths: RunPaths): ProcessId | undefined => readProcess(paths.feed);

const readProcess = (path: string): ProcessId | undefined => parseProcess(readWord(path) ?? "");

/** A file of one line. One that is damaged, too long or no file at all says nothing: it must not hide its agent. */
function readWord(path: string): string | undefined {
  try {
    return readWhole(path, MAX_WORD)?.toString("utf8");
  } catch (error) {
    if (error instanceof SkepError && error.code === "corrupt") return "";
    throw error;
  }
}

/** A file without its newline is not there yet. Neither 0 nor 1 is a run's: a signal to their groups would go to all. */
function parseProcess(text: string): ProcessId | undefined {
  const match = /^(\d{1,10}) (\d{1,15})\n$/.exec(text);
  const pid = Number(match?.[1]);
  return match === null || pid <= 1 ? undefined : { pid, start: Number(match[2]) };
}

export function readExit(paths: RunPaths): number | undefined {
  const match = /^(\d{1,3})\n$/.exec(readWord(paths.exit) ?? "");
  return match === null ? undefined : Number(match[1]);
}

export const hasStop = (paths: RunPaths): boolean => exists(paths.stop);

/** After this no child of the run starts any more: the shim's subshell looks for it after it wrote `child`. */
export function createStop(paths: RunPaths): void {
  create(paths.stop, "");
}

/** Gives the run up before it starts; `false` when its shim, or somebody else, was faster. */
export const voidClaim = (paths: RunPaths, reason: string): boolean =>
  create(paths.claim, `void ${reason.replace(/\s+/g, " ").slice(0, 1_000)}\n`);
