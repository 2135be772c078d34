/** Some agents refuse a run in words on stderr alone. Those few are known; all else there is noise, shown as it came. */
import type { AgentEvent } from "skep";

export type Refusal = readonly [said: string, means: string, what?: "login"];

/** The line, and what it means with the next step; undefined for any other line. */
export function explain(line: string, refusals: readonly Refusal[]): readonly AgentEvent[] | undefined {
  const found = refusals.find(([said]) => line.includes(said));
  if (found === undefined) return undefined;
  const [, message, what] = found;
  return [
    { kind: "output", stream: "stderr", text: line },
    { kind: "error", level: "terminal", message, ...(what === "login" ? { login: true } : {}) },
  ];
}
