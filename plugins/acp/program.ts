/** What is started: any agent that speaks ACP, and the four that are known by a word. */
import { basename } from "node:path";
import type { Environment } from "skep";
import { findExecutable } from "../find-executable.ts";

interface Known {
  readonly argv: readonly string[];
  readonly spoken: RegExp; // a word that makes it speak ACP already
  readonly install: string;
  readonly env?: Readonly<Record<string, string>>;
}
const KNOWN: ReadonlyMap<string, Known> = new Map(
  Object.entries({
    opencode: {
      argv: ["opencode", "acp"],
      spoken: /^acp$/,
      install: "npm install -g opencode-ai",
      env: { OPENCODE_DISABLE_AUTOUPDATE: "1" },
    },
    gemini: {
      argv: ["gemini", "--acp"],
      spoken: /^--(experimental-)?acp$/,
      install: "npm install -g @google/gemini-cli",
      env: { GEMINI_CLI_NO_RELAUNCH: "true" },
    },
    claude: {
      argv: ["claude-agent-acp"],
      spoken: /^$/,
      install: "npm install -g @agentclientprotocol/claude-agent-acp",
    },
    codex: { argv: ["codex-acp"], spoken: /^$/, install: "npm install -g @agentclientprotocol/codex-acp" },
  } satisfies Record<string, Known>),
);

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
  ...KNOWN.get(basename(program))?.env,
});

/** Throws when the program is not there. Without a PATH nothing can be said. */
export function requireProgram([program = ""]: readonly string[], { PATH }: Environment): void {
  if (PATH === undefined || program.includes("/") || findExecutable(program, PATH) !== undefined) return;
  const install = [...KNOWN.values()].find(({ argv }) => argv[0] === program)?.install;
  throw new Error(`${program} is not on PATH${install === undefined ? "" : `: ${install}`}`);
}

/** Why an agent's sessions cannot be loaded though it says that they can. By its program or its own name. */
export const cannotLoad = (name: string): string | undefined =>
  /^gemini(-cli)?$/.test(basename(name))
    ? "its session/load fails and damages the file: spawn a new one, or use the runner gemini"
    : undefined;
