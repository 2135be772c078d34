/**
 * Makes text that others wrote harmless to a terminal: an agent, a file or a plugin must not move the cursor, set the title,
 * write the clipboard, overwrite a line or reorder it. Applied once, when something is shown, never to what is stored.
 *
 * Every pattern is linear: a string sequence ends at the next control, and what a pattern repeats cannot begin another match.
 */
import type { SwarmView } from "../types.ts";
import { once } from "./once.ts";

const PLAIN = /^[\n\t -~]*$/; // most text: no second look
const MAX_DEPTH = 64; // of nested values: JSON has no limit, the stack has one

const ESC = "\u001b";
const STRING = `(?:${ESC}[\\]P_^X]|[\u0090\u0098\u009d-\u009f])`; // opens an OSC, DCS, APC, PM or SOS
const BREAKS = `\u0007\u0018\u001a${ESC}\u0080-\u009f`; // end it or break it off
const SEQUENCE = new RegExp(
  [
    `${STRING}[^${BREAKS}]*(?:\u0007|\u009c|${ESC}\\\\)`,
    `${STRING}[^\n${BREAKS}]*`, // never ended: it takes its own line along, not the rest of the text
    `(?:${ESC}\\[|\u009b)[0-?]*[ -/]*[@-~]?`, // CSI
    `${ESC}[ -/]*[0-~]`,
  ].join("|"),
  "g",
);

const JOINS = "[\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\p{Mn}\\p{Script=Arabic}]";
const UNSAFE = [
  "(?![\n\t])",
  "(?![\u0600-\u0605\u06dd\u070f\u08e2])", // formats that are seen
  `(?!(?<=${JOINS})[\u200c\u200d][\\p{Extended_Pictographic}\\p{L}])`, // joiners in emoji, Arabic, Indic: elsewhere they hide
  "[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]", // C0, DEL, C1 · bidi, zero width, tags · U+2028 · U+2029
].join("");
const control = once(() => new RegExp(UNSAFE, "gu")); // 2 ms to make, which a short verb would feel
const rawInJson = once(() => new RegExp(`(?!\r\n)${UNSAFE}`, "gu")); // a data renderer's CR LF (CSV) is no danger

/** Text for a terminal: escape sequences are gone, and of the control characters only newline and tab are left. */
export function sanitize(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(SEQUENCE, "").replaceAll("\r\n", "\n").replace(control(), picture);
}

/** The same on one line: for a table's cell, a name, an error. */
export function sanitizeLine(text: string): string {
  return sanitize(text).replace(/[\n\t]+/g, " ");
}

/** A view whose strings, and the names in labels and notes, a text renderer may print as they are. */
export function sanitizeView(view: SwarmView): SwarmView {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the shape is kept: the vocabulary's own keys are plain
  return sanitizeDeep(view, 0) as SwarmView;
}

/** JSON text for a terminal: what `JSON.stringify` leaves raw (DEL, C1, bidi, …) as \u escapes, so that it parses to the same. */
export function escapeForTerminal(json: string): string {
  if (PLAIN.test(json)) return json;
  return json.replace(rawInJson(), (char) =>
    Array.from({ length: char.length }, (_, at) => unicodeEscape(char.charCodeAt(at))).join(""),
  );
}

function picture(char: string): string {
  const code = char.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? "\u2421" : "\ufffd";
}

const unicodeEscape = (unit: number): string => `\\u${unit.toString(16).padStart(4, "0")}`;

function sanitizeDeep(value: unknown, depth: number): unknown {
  if (typeof value === "string") return sanitize(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth === MAX_DEPTH) return "…";
  if (Array.isArray(value)) return value.map((item) => sanitizeDeep(item, depth + 1));
  // fromEntries defines own keys, so a "__proto__" from a log stays a key.
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [sanitizeLine(key), sanitizeDeep(item, depth + 1)]),
  );
}
