import type { Command } from "../command.ts";
import { durationOf } from "../option-values.ts";
import { eachCommand } from "./each.ts";

export const stop: Command = eachCommand({
  verb: "stop",
  asks: true,
  act(agent, access, { args }) {
    const grace = durationOf(args.options, "grace");
    return access.swarm.stop(agent.id, { by: access.caller.by, ...(grace === undefined ? {} : { grace }) });
  },
});
