import { type ErrorCode, SkepError } from "../errors.ts";

const EXIT_CODE: Readonly<Record<ErrorCode, number>> = {
  usage: 2,
  not_found: 3,
  ambiguous: 3,
  state: 4,
  unreachable: 5,
  locked: 5,
  protocol: 5,
  plugin: 6,
  waiting: 7,
  timeout: 124,
  interrupted: 130,
  io: 1,
  refused: 1,
  corrupt: 1,
  agent_failed: 1,
};

/** What each code tells a script, as the help prints it. */
export const EXIT_MEANINGS: readonly (readonly [code: number, meaning: string])[] = [
  [0, "done"],
  [1, "what was asked for failed: the agent failed, was killed or is lost; I/O"],
  [2, "usage"],
  [3, "no such agent, or an ambiguous prefix"],
  [4, "the agent's state forbids it"],
  [5, "the supervisor cannot be reached or started"],
  [6, "a plugin that is needed failed to load or is not trusted"],
  [7, "an agent waits for a person"],
  [124, "the --timeout of wait passed"],
  [130, "interrupted"],
];

/** The exit code for whatever was thrown; 1 for what is no SkepError. */
export function exitCodeOf(error: unknown): number {
  return error instanceof SkepError ? EXIT_CODE[error.code] : 1;
}
