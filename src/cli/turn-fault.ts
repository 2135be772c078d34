import { followLog } from "../swarm/follow-log.ts";
import { type ReadTools, readMetaOf } from "../swarm/reload.ts";
import type { AgentEvent, RunExit } from "../types.ts";

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
      if (!delivered || ended || (event.kind !== "turn_ended" && event.kind !== "run_stopped")) continue;
      ended = true; // the next ones are other messages'
      fault = event.kind === "turn_ended" ? faultOfTurn(event) : faultOfRun(event.exit);
    }
  });
  return fault;
}

const faultOfTurn = ({ error, cancelled }: AgentEvent & { kind: "turn_ended" }): string | undefined =>
  error ?? (cancelled === true ? "cancelled" : undefined);

/** Of a run that was over before its turn was. */
function faultOfRun({ reason, code, error }: RunExit): string | undefined {
  if (reason === "exit" && code === 0) return error;
  return error ?? (reason === "exit" && code !== undefined ? `exit ${code}` : reason);
}
