/** A plugin that talks without end fills neither the disk nor the log for others. */
import type { Warn } from "./load-plugin-file.ts";

const LINES = 100;
const WINDOW_MS = 60_000;
const LENGTH = 4_000;

/** Hands on at most 100 texts a minute, each cut at 4,000 characters; what was left out is counted and told. */
export function limitWords(warn: Warn, who: string, now: () => number = Date.now): Warn {
  let [since, said] = [now(), 0];
  return (text, level) => {
    if (now() - since >= WINDOW_MS) {
      if (said > LINES) warn(`${who}: ${said - LINES} more texts were left out`);
      [since, said] = [now(), 0];
    }
    said += 1;
    if (said <= LINES) warn(text.length > LENGTH ? `${text.slice(0, LENGTH)}…` : text, level);
    else if (said === LINES + 1) warn(`${who}: more than ${LINES} texts in a minute: the rest is left out`);
  };
}
