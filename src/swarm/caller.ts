import type { Environment } from "../types.ts";

/** Whose environment and umask a run gets. In memory only: values of variables are never written down. */
export interface Caller {
  readonly env: Environment;
  readonly umask: number; // 0 to 0o777
  readonly by: string; // for people: who asked
}

/** This process as a caller: its agent's id where it is one, else its user's name. */
export function callerOf(env: Environment): Caller {
  const given = Object.entries(env).filter(([, value]) => value !== undefined);
  // oxlint-disable-next-line typescript/no-deprecated -- the only way to read it; it is not changed here
  const umask = process.umask();
  return { env: Object.fromEntries(given), umask, by: env["SKEP_AGENT_ID"] || env["USER"] || "skep" };
}
