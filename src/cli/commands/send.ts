import { badTask, notAnswered } from "../../errors.ts";
import type { Detail, Snapshot } from "../../types.ts";
import { type Access, openAccess } from "../access.ts";
import type { Command, CommandContext } from "../command.ts";
import { checkOutcome, waitForAgents } from "../finish-wait.ts";
import { printAnswer } from "../print-answer.ts";
import { printJson } from "../print-json.ts";
import { readStdin } from "../standard-streams.ts";
import { turnFault } from "../turn-fault.ts";
import { one } from "../which.ts";

export const send: Command = {
  async run(context) {
    const { args, settings, output } = context;
    const [name = "", ...words] = args.positionals;
    const text = words.length === 1 && words[0] === "-" ? (await readStdin()).trimEnd() : words.join(" ");
    if (text.trim() === "") throw badTask("the message is empty", "give it as words, or - to read it from stdin");
    const access = await openAccess(context);
    const agent = await one(name, context, access);
    const options = { now: args.options.has("now"), queue: args.options.has("queue") };
    const { message } = await access.swarm.send(agent.id, text, options, access.caller);
    if (args.options.has("wait")) return waitAndPrint(context, access, agent, message);
    await (settings.json ? printJson(output, { id: agent.id, message }) : output.write(`${message}\n`));
  },
};

async function waitAndPrint(
  { args, settings, output }: CommandContext,
  access: Access,
  agent: Snapshot,
  message: string,
): Promise<void> {
  const queue = args.options.has("queue");
  const [final = agent] = await waitForAgents(access, [agent.id], { message, queue });
  if (settings.json) await printJson(output, final);
  const fault = stateOf(final, message) ?? (await turnFault(access.reader, agent.id, message));
  if (fault !== undefined) throw notAnswered(message, fault, agent.id);
  if (!settings.json && final.last_assistant !== undefined) await printAnswer(output, final.last_assistant);
  checkOutcome([final]);
}

/** Where the message got stuck; `undefined` when its turn has ended. */
function stateOf(agent: Snapshot | Detail, message: string): string | undefined {
  const state = "messages" in agent ? agent.messages.find(({ id }) => id === message)?.state : undefined;
  return state === "done" ? undefined : state;
}
