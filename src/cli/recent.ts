const RECENT_MS = 24 * 3_600_000;

/** Ended within a day; both in ms. */
export const isRecent = (ended: number, now: number): boolean => now - ended < RECENT_MS;
