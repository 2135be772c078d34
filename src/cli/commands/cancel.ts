import type { Command } from "../command.ts";
import { eachCommand } from "./each.ts";

export const cancel: Command = eachCommand({
  verb: "cancel",
  asks: false,
  async act(agent, access) {
    await access.swarm.cancel(agent.id, access.caller.by);
    return agent;
  },
});
