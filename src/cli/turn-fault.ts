import { followLog } from "../swarm/follow-log.ts";
import { type ReadTools, readMetaOf } from "../swarm/reload.ts";

/** How the turn of a message failed, as the log tells; `undefined` when it did not. */
export async function turnFault(tools: ReadTools, id: string, message: string): Promise<string | undefined> {
  const meta = readMetaOf(tools, id);
  if (meta === undefined) return undefined;
  let delivered = false;
  let ended = false;
  let fault: string | undefined;
  const follower = await followLog(tools, meta);
  follower.next(({ type, data }, events) => {
    delivered ||= type === "message_delivered" && data["message"] === message;
    for (const event of events) {
      if (event.kind !== "turn_ended" || !delivered || ended) continue;
      ended = true; // the next ones are other messages'
      fault = event.error ?? (event.cancelled === true ? "cancelled" : undefined);
    }
  });
  return fault;
}
