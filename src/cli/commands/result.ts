import { noAnswer } from "../../errors.ts";
import { openAccess } from "../access.ts";
import type { Command } from "../command.ts";
import { checkOutcome } from "../finish-wait.ts";
import { printAnswer } from "../print-answer.ts";
import { printJson } from "../print-json.ts";
import { one } from "../which.ts";

export const result: Command = {
  async run(context) {
    const { args, settings, output } = context;
    const access = await openAccess(context);
    const agent = await one(args.positionals[0] ?? "", context, access);
    const answer = agent.last_assistant;
    if (settings.json) await printJson(output, { id: agent.id, status: agent.status, answer });
    else if (answer !== undefined) await printAnswer(output, answer);
    checkOutcome([agent]);
    if (answer === undefined) throw noAnswer(agent.id);
  },
};
