/** The background process: it holds the root until nothing is alive for a while, or until it is told to go. */
import { setTimeout as pause } from "node:timers/promises";
import { superviseRoot, type SuperviseOptions } from "./supervise-root.ts";

/** Ends when it has rested for `restMs`, at a signal, or at a client's wish; at once when another one holds the root. */
export async function runSupervisor(
  options: Omit<SuperviseOptions, "onShutdown">,
  restMs: number,
): Promise<"ended" | "locked"> {
  const ending = new AbortController();
  const end = (): void => ending.abort();
  const supervisor = await superviseRoot({ ...options, onShutdown: end });
  if (supervisor === undefined) return "locked";
  // Its children live on: neither a closed terminal nor a stop of the supervisor is theirs.
  process.on("SIGHUP", () => {});
  process.once("SIGTERM", end);
  process.once("SIGINT", end);
  while (!ending.signal.aborted && supervisor.restingFor() < restMs) {
    await pause(Math.min(1_000, restMs), undefined, { signal: ending.signal }).catch(() => undefined); // aborted: it ends
  }
  await supervisor.swarm.close();
  return "ended";
}
