/**
 * What a user decided beforehand about what an agent will ask: `--approve`. A pattern is held against the words in which the
 * request is shown, `<tool>: <what>`: a tool's name alone (`Edit`), or with `*` for any text (`Bash: git *`).
 */
export type Approval = "ask" | "never" | "all" | readonly string[];

const WORDS = ["ask", "never", "all"] as const;
const isWord = (text: unknown): text is (typeof WORDS)[number] => WORDS.some((word) => word === text);

/** Reads an option's value; `undefined` for what is none: no text, an empty one, a word among patterns. */
export function parseApproval(value: unknown): Approval | undefined {
  const given: readonly unknown[] = Array.isArray(value) ? value : [value];
  const [first] = given;
  if (given.length === 1 && isWord(first)) return first;
  const patterns = given.filter((text) => typeof text === "string" && text.trim() !== "" && !isWord(text));
  return patterns.length > 0 && patterns.length === given.length ? patterns.map(String) : undefined;
}

/** Whether a request is allowed; `undefined`: a person is to say. */
export function decide(approval: Approval, what: string): boolean | undefined {
  if (approval === "ask") return undefined;
  if (approval === "all") return true;
  if (approval === "never") return false;
  return approval.some((pattern) => covers(pattern, what)) ? true : undefined;
}

/** What `*` stands for may not make a shell do more than the pattern says: `git *` is no leave for `git x; rm -rf /`. */
const MORE = /[\n\r;|&`<>]|\$\(/g;
const countMore = (text: string): number => text.match(MORE)?.length ?? 0;

function covers(pattern: string, what: string): boolean {
  if (!pattern.includes("*") && !pattern.includes(":")) return what === pattern || what.startsWith(`${pattern}: `);
  const [first = "", ...parts] = pattern.split("*");
  const last = parts.pop();
  if (last === undefined) return what === pattern;
  if (countMore(what) !== countMore(pattern) || !what.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts) {
    const found = what.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return what.length - last.length >= at && what.endsWith(last);
}
