/**
 * CI systems read commands from what a job prints, on stdout and stderr alike: `::add-mask::x` at the beginning of a line
 * (GitHub), `##[…]` and `##vso[…]` (Azure), `##teamcity[…]` anywhere in one. An agent must not give them.
 */
import type { Environment } from "../types.ts";

/** Whether what is printed goes to one of them. */
export const readsCommands = (env: Environment): boolean =>
  ["GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION"].some((name) => Boolean(env[name]));

const MOST = 40; // characters of a line's end that may be the beginning of a command
const COMMAND = /::|##(?=[a-z]{0,32}\[)/gi;

/**
 * Takes the pieces of one stream in their order and parts what begins a command: `: :add-mask::x`, `# #vso[…]`. A line of
 * JSON stays the same value. A command that comes in two pieces is parted between them.
 */
export function partCommands(): (piece: string) => string {
  let before = "\n";
  return (piece) => {
    const whole = before + piece;
    const json = /^\s*["[{]/.test(piece);
    let parted = "";
    let at = before.length;
    for (const { 0: found, index } of whole.matchAll(COMMAND)) {
      const middle = Math.max(index + 1, before.length);
      if (middle < at || (found === "::" && !beginsLine(whole, index))) continue;
      const escaped = json && found === "##" && middle === index + 1;
      parted += whole.slice(at, middle) + (escaped ? "\\u0023" : " ");
      at = escaped ? middle + 1 : middle;
    }
    parted += whole.slice(at);
    before = endOf(before + parted);
    return parted;
  };
}

/** Those readers skip blanks first; whatever else is not to be seen, or is no ASCII, counts as one here. */
function beginsLine(text: string, at: number): boolean {
  for (let before = at - 1; before >= 0; before--) {
    const char = text.charAt(before);
    if (char === "\n" || char === "\r") return true;
    if (char >= "!" && char <= "~") return false;
  }
  return true;
}

/** The last line's end, behind a mark of whether anything is to be seen before it. */
function endOf(text: string): string {
  const end = text.slice(-MOST);
  const line = /[^\r\n]*$/.exec(end)?.[0] ?? "";
  if (line.length < end.length) return `\n${line}`;
  const from = Math.max(text.lastIndexOf("\n"), text.lastIndexOf("\r")) + 1;
  return (/[!-~]/.test(text.slice(from, -MOST)) ? "x" : "\n") + end;
}
