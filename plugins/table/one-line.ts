/** The text with its newlines and runs of blanks folded, for a cell. */
export function onOneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
