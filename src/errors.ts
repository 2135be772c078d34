/**
 * Every message skep can raise, one function each, so that the texts can be read in one place.
 * A `SkepError` is a fault of the call or of the world, never of an agent's child: that is a value (`RunExit`).
 */

/** What went wrong, for programs; cli/exit-codes.ts alone maps a code to an exit code. */
export type ErrorCode = (typeof CODES)[number];
const CODES = [
  "usage",
  "not_found",
  "ambiguous",
  "state",
  "unreachable",
  "locked",
  "plugin",
  "waiting",
  "timeout",
  "interrupted",
  "io",
  "refused",
  "corrupt",
  "agent_failed",
  "protocol",
] as const;
export const isErrorCode = (code: string): code is ErrorCode => CODES.some((known) => known === code);

/** `message` is one line: what happened, and why. `hint` is the next step, where the user has one. */
export class SkepError extends Error {
  override readonly name = "SkepError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

/** The text of whatever was thrown, on one line. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s*\n\s*/g, " ").trim();
}

/** The same of what the file system said, without the path and the call: for a text that names the path itself. */
export function faultOf(error: unknown): string {
  return systemCode(error) === undefined ? reasonOf(error) : reasonOf(error).replace(/^[A-Z]+: |, \w+( '.*')?$/g, "");
}

/** The `code` of a system error such as ENOENT, else undefined. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

export const usage = (message: string, hint?: string): SkepError => new SkepError("usage", message, { hint });
export const corruptMeta = (why: string, cause?: unknown): SkepError =>
  new SkepError("corrupt", `meta.json: ${why}`, { cause });
export const pluginRefused = (plugin: string, hook: string, cause: unknown): SkepError =>
  new SkepError("refused", `plugin ${plugin} refused ${hook}: ${reasonOf(cause)}`, { cause });
export const pluginShape = (where: string, why: string): SkepError =>
  new SkepError("plugin", `${where} is not a plugin: ${why}`, {
    hint: "a plugin exports { name, version, api: 1, … } by default",
  });
export const nameTaken = (what: string, name: string, first: string, second: string): SkepError =>
  new SkepError("plugin", `two plugins supply the ${what} ${name}: ${first} and ${second}`, {
    hint: "load only one of them",
  });
export const noFlock = (path: string, why: string): SkepError =>
  new SkepError("io", `cannot lock ${path}: ${why}`, {
    hint: "install util-linux (flock) or perl, or use a local file system",
  });
export const rootNotFolder = (path: string): SkepError =>
  new SkepError("io", `${path} is not a folder`, { hint: "give another --root" });
export const pluginFailed = (what: string, where: string, why: string): SkepError =>
  new SkepError("plugin", `no ${what}: plugin ${where} is not loaded: ${why}`, {
    hint: "mend it, or leave it out",
  });
export const unknownName = (
  what: string,
  name: string,
  known: readonly string[],
  near: string | undefined,
): SkepError =>
  new SkepError("usage", `no ${what} is called ${name}`, {
    hint: near === undefined ? `known: ${known.join(", ")}` : `did you mean ${near}?`,
  });
export const notFound = (which: string): SkepError =>
  new SkepError("not_found", `no agent is called ${which}`, { hint: "skep ls -a shows all" });
export const dirGone = (dir: string): SkepError =>
  new SkepError("state", `its folder ${dir} is gone`, { hint: "skep resume -C <dir> runs it elsewhere" });
/** A runner's error may have a `hint`; what stands in the way of a resume is the agent's state. */
export const launchFailed = (runner: string, cause: unknown, resuming = false): SkepError => {
  const hint = cause instanceof Error && "hint" in cause && typeof cause.hint === "string" ? cause.hint : undefined;
  return new SkepError(resuming ? "state" : "refused", `runner ${runner} cannot start it: ${reasonOf(cause)}`, {
    hint,
    cause,
  });
};
export const runnerTakesNone = (runner: string): SkepError =>
  new SkepError("state", `runner ${runner} takes no messages`, {
    hint: runner === "exec" ? "spawn it with --stdin to keep its input open" : undefined,
  });
export const badTask = (why: string, hint: string): SkepError => new SkepError("usage", `bad task: ${why}`, { hint });
export const noSuchFolder = (dir: string): SkepError => new SkepError("usage", `no such folder: ${dir}`);
export const runnerLacks = (runner: string, option: string): SkepError =>
  new SkepError("usage", `runner ${runner} has no --${option}`, { hint: "flags for the agent itself go after --" });
export const notInstalled = (runner: string, missing: string, hint: string | undefined): SkepError =>
  new SkepError("usage", `runner ${runner} needs ${missing}`, { hint });
export const idTaken = (id: string, why: string): SkepError =>
  new SkepError("state", `cannot use the id ${id}: ${why}`);
export const stillRuns = (id: string, what: string): SkepError =>
  new SkepError("state", `${id} is running: ${what}`, { hint: `skep stop ${id}` });
export const runsAlready = (id: string): SkepError =>
  new SkepError("state", `${id} is running: there is nothing to resume`, { hint: `skep send ${id} <text>` });
export const mayRun = (id: string, why: string): SkepError =>
  new SkepError("state", `${id} may be running: ${why}`, { hint: "--force resumes it nevertheless" });
export const keptByAnother = (id: string, what: string): SkepError =>
  new SkepError("state", `${id} is running under another supervisor, which alone can ${what} it`, {
    hint: `end it there, then skep resume ${id}`,
  });
export const cannotCancel = (id: string, why: string): SkepError =>
  new SkepError("state", `${id} has nothing to cancel: ${why}`);
export const nothingWaits = (id: string, request: string): SkepError =>
  new SkepError("state", `${id} does not wait for an answer to ${request}`, { hint: `skep show ${id}` });
export const badApproval = (given: unknown): SkepError =>
  new SkepError("usage", `--approve: ${JSON.stringify(given)} is not ask, never, all or patterns`, {
    hint: "a pattern is a tool's name, or <tool>: <text with * for any>",
  });
export const waitsForNothing = (id: string): SkepError =>
  new SkepError("state", `${id} asks for nothing`, { hint: `skep show ${id}` });
export const waitsForSeveral = (id: string, requests: readonly string[]): SkepError =>
  new SkepError("ambiguous", `${id} asks for ${requests.length} things: ${requests.join(", ")}`, {
    hint: "name one of them",
  });
export const noRequest = (id: string, request: string, known: readonly string[]): SkepError =>
  new SkepError("not_found", `${id} does not ask ${request}`, {
    hint: known.length === 0 ? "it asks for nothing" : `it asks: ${known.join(", ")}`,
  });
export const loginFailed = (why: string): SkepError =>
  new SkepError("state", `its login failed: ${why}`, { hint: "log in, then: skep resume" });
export const isArchived = (id: string): SkepError =>
  new SkepError("state", `${id} is archived`, { hint: `skep unarchive ${id}` });
export const nobodyArchived = (which: string): SkepError =>
  new SkepError("not_found", `no archived agent is called ${which}`, { hint: "skep ls --archived shows all" });
export const notToArchive = (id: string, why: string): SkepError =>
  new SkepError("state", `${id} is not archived: ${why}`);
export const outputDropped = (id: string): SkepError =>
  new SkepError("state", `what ${id} wrote was dropped, as "retain" says`, { hint: `skep logs ${id} has its lines` });
export const tooLarge = (what: string, limit: number): SkepError =>
  new SkepError("usage", `the ${what} has more than ${limit} bytes`);
export const locked = (root: string): SkepError =>
  new SkepError("locked", `another process holds ${root} and does not answer`, {
    hint: "end that process, or give another root",
  });
export const noSupervisor = (root: string, why: string): SkepError =>
  new SkepError("unreachable", `the supervisor of ${root} cannot be started: ${why}`, {
    hint: "its log is supervisor.log in the root",
  });
export const unknownVerb = (verb: string, near: string | undefined): SkepError =>
  new SkepError("usage", `no verb is called ${verb}`, {
    hint: near === undefined ? "skep --help lists them" : `did you mean ${near}?`,
  });
export const unknownFlag = (verb: string | undefined, flag: string, near: string | undefined): SkepError => {
  const [what, help] = verb === undefined ? ["skep itself", "skep"] : [verb, `skep ${verb}`];
  const hint = near === undefined ? `${help} --help lists its flags` : `did you mean ${near}?`;
  return new SkepError("usage", `${what} has no flag ${flag}`, { hint });
};
export const missingValue = (flag: string, value: string): SkepError =>
  new SkepError("usage", `--${flag} needs a value: <${value}>`, {
    hint: `one that starts with "-" is written --${flag}=<${value}>`,
  });
export const unexpectedValue = (flag: string): SkepError => new SkepError("usage", `--${flag} takes no value`);
export const badValue = (flag: string, value: string, wanted: string): SkepError =>
  new SkepError("usage", `--${flag}: ${JSON.stringify(value)} is not ${wanted}`);
export const missingArgument = (verb: string, what: string): SkepError =>
  new SkepError("usage", `${verb} needs <${what}>`, { hint: `skep ${verb} --help shows how` });
export const unexpectedArgument = (verb: string, word: string): SkepError =>
  new SkepError("usage", `${verb} does not take ${JSON.stringify(word)}`, {
    hint: `skep ${verb} --help shows what it takes`,
  });
export const badConfig = (path: string, why: string, hint?: string, cause?: unknown): SkepError =>
  new SkepError("usage", `config ${path}: ${why}`, { hint, cause });
export const cannotPrint = (cause: unknown): SkepError =>
  new SkepError("io", `cannot write to stdout: ${reasonOf(cause)}`, { cause });
export const corruptFile = (path: string, cause: unknown): SkepError =>
  new SkepError("corrupt", `${path}: ${reasonOf(cause)}`, { cause });
export const endNotKept = (id: string, why: string): SkepError =>
  new SkepError("io", `${id} was ended, but its end cannot be written down: ${why}`);
export const unfinishedIntent = (path: string): SkepError =>
  new SkepError("corrupt", `${path} is missing or was cut, though its run was started`);
export const runsElsewhere = (id: string): SkepError =>
  new SkepError("state", `${id} was started on another machine or in another container: it is not stopped from here`, {
    hint: `skep stop ${id}, where it was started`,
  });
export const missingTool = (name: string, folders: readonly string[]): SkepError =>
  new SkepError("io", `${name} is not in ${folders.join(", ")}`, { hint: "install coreutils and util-linux" });
export const notClaimed = (why: string): SkepError => new SkepError("io", `the run was not claimed: ${why}`);
export const inputDiffers = (path: string, why: string): SkepError =>
  new SkepError("corrupt", `${path} is not what was said: ${why}`);
export const socketFolderNotOurs = (folder: string): SkepError =>
  new SkepError("io", `${folder} is not our folder`, { hint: "set XDG_RUNTIME_DIR to a folder of your own" });
export const socketTooLong = (path: string, limit: number): SkepError =>
  new SkepError("io", `the socket path ${path} has more than ${limit} bytes`, {
    hint: "set XDG_RUNTIME_DIR to a shorter folder",
  });
const firstOf = (ids: readonly string[]): string => `${ids.slice(0, 8).join(", ")}${ids.length > 8 ? ", …" : ""}`;
export const ambiguous = (name: string, candidates: readonly string[]): SkepError =>
  new SkepError("ambiguous", `${name} is ambiguous: ${firstOf(candidates)}`, { hint: "use more characters" });
export const whichAgents = (): SkepError =>
  new SkepError("usage", "which agents?", { hint: "name them, or use --all, -l, --status, --phase, --here" });
export const notSure = (what: string): SkepError => new SkepError("interrupted", `${what}: not done`);
export const needsYes = (what: string, count: number): SkepError =>
  new SkepError("usage", `${what} of ${count} agents needs -y here`, { hint: "nobody is there to be asked" });
export const noRunnerFound = (lacking: readonly string[]): SkepError =>
  new SkepError("usage", `no agent CLI can be used here: ${lacking.join("; ")}`, {
    hint: "install one and log in, choose one with -r, or give a command after --",
  });
export const severalRunners = (found: readonly string[]): SkepError =>
  new SkepError("usage", `several agent CLIs are installed: ${found.join(", ")}`, {
    hint: 'choose one with -r, or set "runner" in the config',
  });
export const badEnv = (where: string, why: string): SkepError => new SkepError("usage", `${where}: ${why}`);
export const waitedTooLong = (ids: readonly string[]): SkepError =>
  new SkepError("timeout", `the time to wait has passed: still at work: ${ids.slice(0, 8).join(", ")}`);
export const interrupted = (): SkepError => new SkepError("interrupted", "interrupted; the agents go on");
/** `asked`: what it asks for; else it waits for something else, which its activity says. */
export const agentWaits = (id: string, asked: string | undefined, activity: string): SkepError =>
  new SkepError("waiting", `${id} waits for a person: ${asked ?? activity}`, {
    hint: asked === undefined ? `skep resume ${id} tries again` : `skep approve ${id}, or skep deny ${id} -m <why>`,
  });
export const agentFailed = (id: string, how: string): SkepError =>
  new SkepError("agent_failed", `${id} ended badly: ${how}`, { hint: `skep logs ${id}` });
export const wantsOne = (verb: string): SkepError => new SkepError("usage", `${verb} takes one agent`);
export const noAnswer = (id: string): SkepError =>
  new SkepError("agent_failed", `${id} has given no answer`, { hint: `skep logs ${id}` });
export const notAnswered = (message: string, why: string, id: string): SkepError =>
  new SkepError("agent_failed", `${message} got no answer: ${why}`, { hint: `skep logs ${id}` });
export const emptyTask = (): SkepError =>
  badTask("it is empty", "say what is to be done, - to read it from stdin, or give a command after --");
export const noCommand = (): SkepError =>
  new SkepError("usage", "exec needs a command", { hint: "give it after --, as in: skep spawn -- make test" });
export const rawAlone = (flag: string): SkepError =>
  new SkepError("usage", `--raw and --${flag} do not go together`, { hint: "--raw gives the bytes as they are" });
export const heldByProgram = (pid: number): SkepError =>
  new SkepError("refused", `a program that embeds skep holds the root (pid ${pid})`, { hint: "end that program" });
export const stillHeld = (pid: number): SkepError =>
  new SkepError("locked", `the supervisor was asked to end and is still there (pid ${pid})`);
export const noSupervisorRuns = (root: string): SkepError =>
  new SkepError("unreachable", `no supervisor runs for ${root}`, { hint: "skep supervisor start" });
export const cannotRead = (path: string, why: string): SkepError =>
  new SkepError("usage", `cannot read ${path}: ${why}`);
export const refusedEnvironment = (name: string, what = "others could run code in skep"): SkepError =>
  new SkepError("usage", `${name} is set, with which ${what}`, { hint: `unset ${name}` });
export const nulInVariable = (name: string): SkepError => new SkepError("usage", `the variable ${name} holds a NUL`);
export const demoFailed = (what: string, seen: string | undefined): SkepError =>
  new SkepError("refused", `the tour ends here, this did not hold: ${what}`, {
    hint: `seen: ${(seen ?? "").slice(0, 2_000)}`,
  });
export const onlyLinux = (platform: string): SkepError =>
  new SkepError("refused", `skep needs Linux: on ${platform} it could not tell which processes live`);
export const noTypeScript = (path: string, cause: unknown): SkepError =>
  new SkepError("plugin", `${path}: Node cannot read TypeScript`, {
    hint: "write it as .mjs, or use the skep binary",
    cause,
  });
export const externalFailed = (path: string, why: string): SkepError => new SkepError("plugin", `${path}: ${why}`);
export const npmFailed = (why: string): SkepError => new SkepError("plugin", `npm could not do it: ${why}`);
export const npmMissing = (): SkepError =>
  new SkepError("plugin", "npm was not found", { hint: "plugins are installed by npm, which must be on PATH" });
export const noPackageEntry = (folder: string): SkepError =>
  new SkepError("plugin", `${folder} has no entry that can be imported`);
export const nothingAdded = (what: string, why: string): SkepError =>
  new SkepError("plugin", `${what} is not added: ${why}`);
export const noPlugin = (name: string, known: readonly string[]): SkepError =>
  new SkepError("usage", `no plugin ${name} was added`, {
    hint: known.length === 0 ? "none was; those of the config are taken out there" : `added: ${known.join(", ")}`,
  });
export const notTrusted = (path: string): SkepError =>
  new SkepError("plugin", `${path} is not trusted, or has changed`, {
    hint: `read it, then: skep plugins trust ${path}`,
  });
export const notAsTrusted = (path: string): SkepError =>
  new SkepError("plugin", `${path} has changed since it was trusted`, {
    hint: "read it, then: skep plugins trust, in its project",
  });
export const badPluginName = (name: string): SkepError =>
  new SkepError("usage", `${JSON.stringify(name)} cannot be a plugin's name`, {
    hint: "lowercase letters, digits and -, such as my-agent",
  });
export const existsAlready = (path: string): SkepError =>
  new SkepError("usage", `${path} is there already`, { hint: "nothing was written: choose another name" });
export const pinDiffers = (path: string): SkepError =>
  new SkepError("refused", `it does not come to what ${path} says`, {
    hint: "--update pins it as it is now, if that is meant",
  });
export const recordingCut = (): SkepError =>
  new SkepError("interrupted", "interrupted: the agent was ended, and nothing is kept");
export const swarmClosed = (): SkepError =>
  new SkepError("unreachable", "the swarm was closed meanwhile", { hint: "open it again" });
