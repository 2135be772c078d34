const UNITS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/** `500ms`, `10s`, `30m`, `2h`, `7d` in milliseconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,9})(ms|[smhd])$/.exec(text) ?? [];
  const factor = UNITS.get(unit ?? "");
  return factor === undefined ? undefined : Number(count) * factor;
}

/** Milliseconds in the largest unit that fits: `3m`. A clock that was set back gives `0s`. */
export function formatAge(ms: number): string {
  for (const unit of ["d", "h", "m"]) {
    const count = Math.floor(ms / (UNITS.get(unit) ?? NaN));
    if (count >= 1) return `${count}${unit}`;
  }
  return `${Math.max(0, Math.floor(ms / 1000)) || 0}s`;
}
