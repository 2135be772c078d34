/**
 * Runners in any language: an executable `skep-runner-<name>` on PATH. Called with `describe` it prints JSON (name, turns,
 * output, accepts, messages), called with `launch` it gets a RunSpec on stdin and prints a Launch. Its child speaks zot's
 * words, or plain text. It is looked for in absolute folders of PATH alone: never in the current one.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import * as v from "valibot";
import { externalFailed, faultOf, reasonOf } from "../errors.ts";
import { checkVariables } from "../process/launch.ts";
import type { Environment, Launch, Runner } from "../types.ts";

const PREFIX = "skep-runner-";
const LIMIT_MS = 20_000; // less than a launch has: so it is this that is told
const LINGER_MS = 1_000;
const MAX_ANSWER = 4 * 1024 * 1024;

const turns = v.picklist(["none", "live", "resume"]);
const output = v.picklist(["events", "json", "text"]);
const description = v.object({
  name: v.string(),
  turns,
  output: v.exactOptional(output),
  asks: v.exactOptional(v.boolean()),
  accepts: v.exactOptional(v.array(v.string())),
  /** How a live child is spoken to: a line on its stdin, or zot's words on its inbox socket. */
  messages: v.exactOptional(v.picklist(["stdin", "inbox"])),
  echoes: v.exactOptional(v.boolean()),
  verdict: v.exactOptional(v.literal("exit")),
});
type Description = v.InferOutput<typeof description>;
const stdin = v.variant("kind", [
  v.object({ kind: v.literal("none") }),
  v.object({ kind: v.literal("text"), text: v.string() }),
  v.object({ kind: v.literal("open"), first: v.exactOptional(v.string()) }),
]);
const launch: v.GenericSchema<unknown, Launch> = v.object({
  argv: v.pipe(v.array(v.string()), v.minLength(1)),
  // JSON has no undefined: null removes a variable.
  env: v.exactOptional(
    v.record(
      v.string(),
      v.pipe(
        v.nullable(v.string()),
        v.transform((value) => value ?? undefined),
      ),
    ),
  ),
  cwd: v.exactOptional(v.string()),
  stdin: v.exactOptional(stdin),
  output: v.exactOptional(output),
  turns: v.exactOptional(turns),
  agent_session: v.exactOptional(v.string()),
  login: v.exactOptional(v.string()),
});

/** The executable of this name, by absolute path; `undefined` when there is none. */
export function findExternal(name: string, env: Environment): string | undefined {
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/i.test(name)) return undefined;
  return (env["PATH"] ?? "")
    .split(":")
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, PREFIX + name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // not there, or not ours to run
  }
}

/** Throws SkepError "plugin" when it fails, or says what is no description. */
export async function describeExternal(
  path: string,
  name: string,
  env: Environment,
  limitMs: number = LIMIT_MS,
): Promise<Runner> {
  const told = parse(description, await ask(path, "describe", "", env, limitMs), path, "describe");
  if (told.name !== name) throw externalFailed(path, `it calls itself ${told.name}`);
  return {
    name,
    turns: told.turns,
    ...(told.output === undefined ? {} : { output: told.output }),
    ...(told.asks === undefined ? {} : { asks: told.asks }),
    ...(told.accepts === undefined ? {} : { accepts: told.accepts }),
    ...(told.echoes === undefined ? {} : { echoes: told.echoes }),
    ...(told.verdict === undefined ? {} : { verdict: told.verdict }),
    async launch(run) {
      const { env: callers, ...spec } = run;
      return parse(launch, await ask(path, "launch", JSON.stringify(spec), callers, limitMs), path, "launch");
    },
    ...delivering(told),
  };
}

function delivering({ messages, turns: how }: Description): Pick<Runner, "deliver"> {
  if (messages === undefined)
    return how === "resume"
      ? { deliver: (command) => (command.kind === "user" ? { to: "next_run" } : bySignal(command.kind)) }
      : {};
  return {
    deliver(command) {
      if (command.kind === "user") {
        const { text } = command;
        if (messages === "stdin") return { to: "stdin", text: `${text}\n` };
        return { to: "inbox", line: text.includes("\n") ? `user-json ${JSON.stringify(text)}` : `user ${text}` };
      }
      if (command.kind === "answer") return { to: "refused", why: "it asks no questions" };
      if (messages === "inbox") return { to: "inbox", line: command.kind };
      return command.kind === "shutdown" ? { to: "close" } : bySignal(command.kind);
    },
  };
}

const bySignal = (kind: "cancel" | "shutdown" | "answer"): ReturnType<NonNullable<Runner["deliver"]>> =>
  kind === "answer"
    ? { to: "refused", why: "it asks no questions" }
    : { to: "signal", signal: kind === "cancel" ? "SIGINT" : "SIGTERM" };

function parse<T>(schema: v.GenericSchema<unknown, T>, text: string, path: string, what: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw externalFailed(path, `${what}: not JSON: ${reasonOf(error)}`);
  }
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw externalFailed(path, `${what}: ${v.getDotPath(issue) ?? "its answer"}: ${issue.message}`);
}

/** What the program answers. It and what it started are ended when it says too much or nothing for too long. */
function ask(path: string, what: string, input: string, env: Environment, limitMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(externalFailed(path, `${what}: ${why}`));
    let child: ChildProcessWithoutNullStreams;
    try {
      checkVariables(env);
      child = spawn(path, [what], { env: { ...env }, cwd: "/", detached: true });
    } catch (error) {
      return fail(reasonOf(error)); // no program at all
    }
    let [answer, words] = ["", ""];
    /** What it started may hold its output open. */
    const letGo = (): void => [child.stdout, child.stderr].forEach((stream) => stream.destroy());
    const end = (why: string): void => {
      fail(why);
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
        process.kill(-child.pid, "SIGKILL");
      letGo();
    };
    const timer = setTimeout(() => end(`no answer within ${limitMs / 1000} s`), limitMs);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      answer += text;
      if (answer.length > MAX_ANSWER) end(`its answer has more than ${MAX_ANSWER} characters`);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => (words = (words + text).slice(-4_000)));
    child.stdin.on("error", () => {}); // it need not read what it does not want
    child.stdin.end(input);
    child.once("error", (error) => fail(faultOf(error)));
    child.once("exit", () => setTimeout(letGo, LINGER_MS));
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(answer);
      else fail(words.trim().split("\n").at(-1) || `it ended with ${signal ?? code}`);
    });
  });
}
