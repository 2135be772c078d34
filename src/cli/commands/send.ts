import { text as readAll } from "node:stream/consumers";
import { badTask } from "../../errors.ts";
import { openAccess } from "../access.ts";
import type { Command } from "../command.ts";
import { checkOutcome, waitForAgents } from "../finish-wait.ts";
import { one } from "../which.ts";

export const send: Command = {
  async run(context) {
    const { args, settings, output } = context;
    const [name = "", ...words] = args.positionals;
    const text = words.length === 1 && words[0] === "-" ? (await readAll(process.stdin)).trimEnd() : words.join(" ");
    if (text.trim() === "") throw badTask("the message is empty", "give it as words, or - to read it from stdin");
    const access = await openAccess(context);
    const agent = await one(name, context, access);
    const options = { now: args.options.has("now"), queue: args.options.has("queue") };
    const { message } = await access.swarm.send(agent.id, text, options, access.caller);
    if (!args.options.has("wait")) {
      await output.write(settings.json ? `${JSON.stringify({ id: agent.id, message })}\n` : `${message}\n`);
      return;
    }
    const [final = agent] = await waitForAgents(access, [agent.id], {});
    if (settings.json) await output.write(`${JSON.stringify(final, undefined, 2)}\n`);
    else await output.write(final.last_assistant === undefined ? "" : `${final.last_assistant.trimEnd()}\n`);
    checkOutcome([final]);
  },
};
