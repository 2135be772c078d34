const MAX_WORD = 64; // longer ones are no typing errors, and the work is the product of the lengths

/** The candidate that was probably meant: at most two typing errors away (one in a short word), else one it is a prefix of. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (word === "" || word.length > MAX_WORD) return undefined;
  const wanted = word.toLowerCase();
  let best: string | undefined;
  let least = wanted.length > 3 ? 2 : 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - wanted.length) > least) continue;
    const errors = distance(wanted, candidate.toLowerCase());
    if (errors < least || (errors === least && best === undefined)) [best, least] = [candidate, errors];
  }
  return best ?? candidates.find((candidate) => candidate.toLowerCase().startsWith(wanted));
}

/** Damerau-Levenshtein: insertions, deletions, substitutions and swaps of neighbours that lead from one word to the other. */
function distance(from: string, to: string): number {
  let older: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      row[j] = Math.min(
        at(previous, j) + 1,
        at(row, j - 1) + 1,
        at(previous, j - 1) + (same ? 0 : 1),
        swapped ? at(older, j - 2) + 1 : Infinity,
      );
    }
    [older, previous] = [previous, row];
  }
  return at(previous, to.length);
}

const at = (row: readonly number[], index: number): number => row[index] ?? Infinity;
