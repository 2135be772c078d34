/** How many cells of a terminal a text takes: CJK and emoji two, marks that join what is before them none. */
const PLAIN = /^[ -~\u00a1-\u00ac\u00ae-\u02ff…→·✓✗◐●◌○◇■]*$/; // a cell for each: Latin letters, and what a table is made of
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]/u;

// What follows knows all of Unicode and takes 5 ms to make: a table of plain text needs none of it.
let graphemes: Intl.Segmenter | undefined;
const segmentsOf = (text: string): Intl.Segments =>
  (graphemes ??= new Intl.Segmenter("en", { granularity: "grapheme" })).segment(text);
const isEmoji = (text: string): boolean => /^(?:\p{Emoji_Presentation}|.\ufe0f|[#*\d]\u20e3)/u.test(text); // by nature, or shown as one
const isInvisible = (char: string): boolean => /[\p{Mn}\p{Me}\p{Cf}\p{Cc}\u1160-\u11ff\ud7b0-\ud7ff]/u.test(char); // Hangul vowels and finals are part of a syllable

export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmentsOf(text)) width += widthOfGrapheme(segment);
  return width;
}

function widthOfGrapheme(grapheme: string): number {
  if (isEmoji(grapheme)) return 2;
  let width = 0;
  for (const char of grapheme) width += isInvisible(char) ? 0 : WIDE.test(char) ? 2 : 1;
  return width;
}

/** The text in at most `width` cells; what is cut off leaves a "…". Only what is shown is measured. */
export function truncate(text: string, width: number): string {
  if (PLAIN.test(text)) return text.length <= width ? text : ending(text.slice(0, Math.max(0, width - 1)), width);
  let used = 0;
  let kept = 0; // length of what fits with a "…" behind it
  for (const { segment, index } of segmentsOf(text)) {
    used += widthOfGrapheme(segment);
    if (used > width) return ending(text.slice(0, kept), width);
    if (used < width) kept = index + segment.length;
  }
  return text;
}

const ending = (start: string, width: number): string => (width < 1 ? "" : `${start}…`);

/** The text in lines of at most `width` cells, broken at blanks where there are any. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let rest = text;
  while (widthOf(rest) > width) {
    const whole = Math.max(1, lengthOfFirst(rest, width));
    const blank = rest.lastIndexOf(" ", whole);
    const end = rest.slice(0, Math.max(0, blank)).trim() === "" ? whole : blank;
    lines.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest];
}

/** How much of the text fits. */
function lengthOfFirst(text: string, width: number): number {
  if (PLAIN.test(text)) return width;
  let used = 0;
  for (const { segment, index } of segmentsOf(text)) {
    used += widthOfGrapheme(segment);
    if (used > width) return index || segment.length;
  }
  return text.length;
}

/** The text in exactly `width` cells, filled with blanks. */
export function pad(text: string, width: number): string {
  const cut = truncate(text, width);
  return cut + " ".repeat(width - widthOf(cut));
}
