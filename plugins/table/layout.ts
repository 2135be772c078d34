/** Lays texts out in columns that fit a terminal. */
import type { Format, Paint } from "./paint.ts";
import { pad, truncate, widthOf } from "./width.ts";

export interface Column {
  readonly title: string;
  readonly cells: readonly Cell[];
  readonly least?: number; // it may be cut down to so many cells, else it is shown whole
}
export interface Cell {
  readonly text: string; // one line
  readonly formats?: readonly Format[];
}

const GAP = 2;
const MAX_UNFITTED = 200; // of a column that others follow: one endless cell must not pad every row

/** The widths that the columns get, the widest giving way first; undefined when even the least ones need more. */
export function fit(columns: readonly Column[], available: number): readonly number[] | undefined {
  const widths = columns.map((column) => Math.min(naturalWidth(column), available));
  let excess = widths.reduce((sum, width) => sum + width + GAP, -GAP) - available;
  for (; excess > 0; excess--) {
    let widest = -1;
    columns.forEach(({ least = Infinity }, at) => {
      if ((widths[at] ?? 0) > least && (widths[at] ?? 0) > (widths[widest] ?? 0)) widest = at;
    });
    if (widest === -1) return undefined;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/** Without a terminal: each column as wide as its widest cell. */
export function unfitted(columns: readonly Column[]): readonly number[] {
  return columns.map((column, at) =>
    at === columns.length - 1 ? Infinity : Math.min(naturalWidth(column), MAX_UNFITTED),
  );
}

/** The header and a line for each row, each with its newline. */
export function layOut(columns: readonly Column[], widths: readonly number[], paint: Paint): string {
  const header = columns.map(({ title }): Cell => ({ text: title, formats: ["dim"] }));
  const rows = (columns[0]?.cells ?? []).map((_, row) => columns.map(({ cells }) => cells[row] ?? { text: "" }));
  return [header, ...rows].map((cells) => `${line(cells, widths, paint)}\n`).join("");
}

function line(cells: readonly Cell[], widths: readonly number[], paint: Paint): string {
  const last = cells.length - 1;
  return cells
    .map(({ text, formats = [] }, at) => {
      const width = widths[at] ?? 0;
      if (at === last) return paint(Number.isFinite(width) ? truncate(text, width) : text, ...formats);
      const padded = pad(text, width);
      const shown = padded.trimEnd();
      return paint(shown, ...formats) + padded.slice(shown.length);
    })
    .join(" ".repeat(GAP))
    .trimEnd();
}

const naturalWidth = ({ title, cells }: Column): number =>
  cells.reduce((widest, { text }) => Math.max(widest, widthOf(text)), widthOf(title));
