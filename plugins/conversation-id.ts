import { createHash } from "node:crypto";
import type { RunSpec } from "skep";

/** A UUID (version 5) for a conversation that this run begins: a launch that is asked for again is the same one. */
export function newConversationId({ agent, run, paths }: RunSpec, agentName: string): string {
  const name = `skep ${agentName}\n${paths.session}\n${agent.started}\n${run}`;
  const hex = createHash("sha1").update(name).digest("hex");
  const variant = ((Number.parseInt(hex.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `${variant}${hex.slice(18, 20)}`];
  return [...parts, hex.slice(20, 32)].join("-");
}
