import { noAnswer } from "../../errors.ts";
import { openAccess } from "../access.ts";
import type { Command } from "../command.ts";
import { sanitize } from "../../core/sanitize.ts";
import { checkOutcome } from "../finish-wait.ts";
import { one } from "../which.ts";

export const result: Command = {
  async run(context) {
    const { args, settings, output } = context;
    const access = await openAccess(context);
    const agent = await one(args.positionals[0] ?? "", context, access);
    const answer = agent.last_assistant;
    if (settings.json)
      await output.write(`${JSON.stringify({ id: agent.id, status: agent.status, answer }, undefined, 2)}\n`);
    else if (answer !== undefined)
      await output.write(`${(process.stdout.isTTY ? sanitize(answer) : answer).trimEnd()}\n`);
    checkOutcome([agent]);
    if (answer === undefined) throw noAnswer(agent.id);
  },
};
