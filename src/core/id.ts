/**
 * Names of agents: `<slug>-<handle>`, the slug for people, the handle unique in its root. The folder's name is the id, so
 * what other supervisors called theirs is accepted too.
 */
const FOREIGN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const SLUG_LENGTH = 24;
const HANDLE_LENGTH = 6;
const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz";
const FAIR = 256 - (256 % DIGITS.length); // bytes from here on would favour the first digits

/** What a task or a `--name` is called in an id: at most 24 characters of `0-9a-z-`, `agent` if nothing is left. */
export function slug(text: string): string {
  const words = text.toLowerCase().match(/[0-9a-z]+/g) ?? [];
  return words.join("-").slice(0, SLUG_LENGTH).replace(/-$/, "") || "agent";
}

/** Digits of base 36, each equally likely, from random bytes: 16 are enough for six. Throws RangeError when they run out. */
export function makeHandle(random: Iterable<number>, length: number = HANDLE_LENGTH): string {
  let handle = "";
  for (const byte of random) {
    if (byte < FAIR) handle += DIGITS.charAt(byte % DIGITS.length);
    if (handle.length === length) return handle;
  }
  throw new RangeError("too few random bytes for a handle");
}

export function makeId(slugText: string, handle: string): string {
  return `${slugText}-${handle}`;
}

/** What follows the last "-" of an id; the id itself where nothing does. */
export function handleOf(id: string): string {
  return id.slice(id.lastIndexOf("-") + 1) || id;
}

/** Whether a folder of this name may be an agent: also such that skep would not make. Never a path. */
export function isId(text: string): boolean {
  return FOREIGN.test(text);
}
