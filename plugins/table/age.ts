const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
];

/** How long ago a time was, in the largest unit that fits: `3m`. One to come is `0s`. */
export function ageOf(time: string, now: string): string {
  const ms = Date.parse(now) - Date.parse(time);
  const [name = "s", unit = 1000] = UNITS.find(([, least]) => ms >= least) ?? [];
  return `${Math.max(0, Math.floor(ms / unit)) || 0}${name}`;
}
