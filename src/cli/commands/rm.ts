import { endedAt } from "../../core/ended.ts";
import type { Command } from "../command.ts";
import { durationOf } from "../option-values.ts";
import { eachCommand } from "./each.ts";

export const rm: Command = eachCommand({
  verb: "rm",
  asks: true,
  narrow(agents, { args }) {
    const age = durationOf(args.options, "older-than");
    if (age === undefined) return agents;
    const before = Date.now() - age;
    return agents.filter((agent) => agent.phase === "ended" && endedAt(agent) < before);
  },
  async act(agent, access, { args }) {
    await access.swarm.remove(agent.id, { by: access.caller.by, force: args.options.has("force") });
    return agent;
  },
});
