/** The net below what tells of changes: how seldom an agent may be looked at of which nothing comes. In ticks of a second. */
import { mayHaveEnded } from "../process/liveness.ts";
import type { ProcessId } from "../process/run-files.ts";

const MOST = 20;

export interface Net {
  seq: number; // of the log, when something came last
  wait: number;
  left: number;
}
export const freshNet = (): Net => ({ seq: -1, wait: 1, left: 1 });

/**
 * Whether an agent is to be looked at with this tick. After something came of it: at once, then ever more seldom, at last after
 * 10 to 20 ticks, and not in step with the others. `polled`: a process whose end nothing tells; it is asked for each time.
 */
export function isDue(net: Net, seq: number, polled?: ProcessId): boolean {
  if (net.seq !== seq) {
    net.seq = seq;
    net.wait = 1;
    net.left = 1;
    return true;
  }
  net.left -= 1;
  if (net.left > 0) return polled !== undefined && mayHaveEnded(polled);
  net.wait = Math.min(MOST, 4 * net.wait);
  net.left = Math.ceil(net.wait * (0.5 + Math.random() / 2));
  return true;
}
