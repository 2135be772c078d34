import type { ConsolaInstance } from "consola/basic";
import { escapeForTerminal, sanitize, sanitizeLine } from "../core/sanitize.ts";
import { partCommands, readsCommands } from "../core/workflow-commands.ts";
import { faultOf, reasonOf, SkepError, systemCode } from "../errors.ts";
import { openSink } from "./standard-streams.ts";

/** Words for a person, on stderr. Each is printed in its turn; waiting for it is not needed. */
export interface Talk {
  /** What `-q` silences: a hint, a progress. */
  notice(text: string): Promise<void>;
  warn(text: string): Promise<void>;
  /** What only `-v` shows. */
  detail(text: string): Promise<void>;
}

const WARNINGS = 1; // consola's levels
const NOTICES = 3;
const DETAILS = 4;

export function makeTalk(options: { readonly quiet?: boolean; readonly verbose?: boolean } = {}): Talk {
  const level = options.verbose ? DETAILS : options.quiet ? WARNINGS : NOTICES;
  let loaded: ReturnType<typeof loadConsola> | undefined;
  const say = async (method: "info" | "warn" | "debug", text: string): Promise<void> => {
    loaded ??= loadConsola(level); // most verbs say nothing
    (await loaded)[method](text);
  };
  return {
    notice: (text) => say("info", text),
    warn: (text) => say("warn", text),
    detail: (text) => say("debug", text),
  };
}

async function loadConsola(level: number): Promise<Pick<ConsolaInstance, "info" | "warn" | "debug">> {
  const { createConsola } = await import("consola/basic");
  const { stderr: stream } = process;
  const print = (type: string, text: string): void =>
    writeQuietly(`skep: ${type === "warn" ? "warning: " : ""}${sanitize(text)}\n`);
  // By default consola writes notices to stdout, where they would be taken for data.
  return createConsola({
    stdout: stream,
    stderr: stream,
    level,
    reporters: [{ log: ({ type, args }) => print(type, args.join(" ")) }],
  });
}

/**
 * Says on stderr why a verb failed, in one line; as JSON for a program. A fault of skep's own, which no SkepError tells,
 * is told with its stack when `verbose`.
 */
export function printError(
  error: unknown,
  options: { readonly json?: boolean; readonly verbose?: boolean } = {},
): void {
  const message = textOf(error) || "unknown error";
  const { code, hint } =
    error instanceof SkepError ? error : { code: systemCode(error) === undefined ? "internal" : "io", hint: undefined };
  if (options.json) {
    writeQuietly(`${escapeForTerminal(JSON.stringify({ error: { code, message, hint } }))}\n`);
    return;
  }
  writeQuietly(`skep: ${sanitizeLine(message)}${hint === undefined ? "" : ` (${sanitizeLine(hint)})`}\n`);
  if (options.verbose && error instanceof Error) writeQuietly(`${sanitize(error.stack ?? "")}\n`);
}

/** Of what the file system said, the path first and why after it. */
const textOf = (error: unknown): string =>
  error instanceof Error && "path" in error && typeof error.path === "string"
    ? `${error.path}: ${faultOf(error)}`
    : reasonOf(error);

/** A text of whoever, for people. */
export const say = (text: string): void => writeQuietly(`${sanitize(text)}\n`);

/** When nobody reads stderr any more there is nobody to tell. */
function writeQuietly(text: string): void {
  stderr.write(readsCommands(process.env) ? part(text) : text).catch(() => {});
}
const stderr = openSink(2);
const part = partCommands();
