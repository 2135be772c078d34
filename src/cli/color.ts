import type { Environment } from "../types.ts";

export type ColorChoice = "auto" | "always" | "never";
export const COLOR_CHOICES: readonly ColorChoice[] = ["auto", "always", "never"];

/**
 * Whether to colour what goes to one stream: `--color`, then NO_COLOR, then FORCE_COLOR, then whether it is a terminal.
 * Decided here once, since libraries disagree on CI, FORCE_COLOR=0 and both variables together.
 */
export function useColor(stream: { readonly isTTY?: boolean }, env: Environment, choice: ColorChoice): boolean {
  if (choice !== "auto") return choice === "always";
  if (env["NO_COLOR"]) return false;
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  return stream.isTTY === true && env["TERM"] !== "dumb";
}
