/** What is started: any agent that speaks ACP, and the four that are known by a word. */
import { basename } from "node:path";
import type { Environment } from "skep";
import { findExecutable } from "../find-executable.ts";
import { detectProgram, type Program } from "../installed.ts";

interface Known {
  readonly argv: readonly string[];
  readonly spoken: RegExp; // a word that makes it speak ACP already
  readonly program: Program;
  readonly env?: Readonly<Record<string, string>>;
}
const KNOWN: ReadonlyMap<string, Known> = new Map(
  Object.entries({
    opencode: {
      argv: ["opencode", "acp"],
      spoken: /^acp$/,
      program: { command: "opencode", package: "opencode-ai", oldest: "1.0.0", login: "opencode auth login" },
      env: { OPENCODE_DISABLE_AUTOUPDATE: "1" },
    },
    gemini: {
      argv: ["gemini", "--acp"],
      spoken: /^--(experimental-)?acp$/,
      program: { command: "gemini", package: "@google/gemini-cli", oldest: "0.44.0", login: "gemini" },
      env: { GEMINI_CLI_NO_RELAUNCH: "true" },
    },
    claude: {
      argv: ["claude-agent-acp"],
      spoken: /^$/,
      program: {
        command: "claude-agent-acp",
        package: "@agentclientprotocol/claude-agent-acp",
        oldest: "0.49.0", // that was tried
        login: "claude auth login",
      },
    },
    codex: {
      argv: ["codex-acp"],
      spoken: /^$/,
      program: {
        command: "codex-acp",
        package: "@agentclientprotocol/codex-acp",
        oldest: "1.0.0", // the first: what it speaks it says itself
        login: "codex login",
      },
    },
  } satisfies Record<string, Known>),
);
const knownBy = (command: string): Known | undefined =>
  [...KNOWN.values()].find(({ program }) => program.command === command);

/** The command line of what stands after `--`: `opencode` alone means `opencode acp`. */
export function commandOf([program, ...args]: readonly string[]): readonly string[] {
  if (program === undefined)
    throw new Error(`acp needs an agent after --: ${[...KNOWN.keys()].join(", ")}, or the command of another`);
  const known = KNOWN.get(program);
  return known === undefined || args.some((word) => known.spoken.test(word))
    ? [program, ...args]
    : [...known.argv, ...args];
}

export const environmentOf = ([program = ""]: readonly string[]): Record<string, string> => ({
  ...knownBy(basename(program))?.env,
});

/** The command that logs an agent in; undefined for a stranger's. */
export const loginCommand = (args: readonly string[]): string | undefined =>
  knownBy(basename(commandOf(args)[0] ?? ""))?.program.login;

/** Throws when the program is not there, or too old. Without a PATH nothing can be said. */
export function requireProgram([program = ""]: readonly string[], env: Environment): void {
  if (env["PATH"] === undefined || program.includes("/")) return;
  const known = knownBy(program)?.program;
  if (known === undefined) {
    if (findExecutable(program, env["PATH"]) === undefined) throw new Error(`${program} is not on PATH`);
    return;
  }
  const found = detectProgram(known, env);
  if ("missing" in found) throw Object.assign(new Error(`it needs ${found.missing}`), { hint: found.hint });
}

/** Why an agent's sessions cannot be loaded though it says that they can. By its program or its own name. */
export const cannotLoad = (name: string): string | undefined =>
  /^gemini(-cli)?$/.test(basename(name))
    ? "its session/load fails and damages the file: spawn a new one, or use the runner gemini"
    : undefined;
