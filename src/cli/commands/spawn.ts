import { TASK_MESSAGE } from "../../core/queue.ts";
import { agentFailed } from "../../errors.ts";
import { newId } from "../../swarm/new-id.ts";
import { type Access, openAccess } from "../access.ts";
import type { Command, CommandContext } from "../command.ts";
import { checkOutcome, waitForAgents } from "../finish-wait.ts";
import { printAnswer, printOutput } from "../print-answer.ts";
import { printJson } from "../print-json.ts";
import { readSpawn } from "../spawn-request.ts";
import { say } from "../talk.ts";
import { turnFault } from "../turn-fault.ts";
import type { Snapshot } from "../../types.ts";
import { isTerminal } from "../standard-streams.ts";

export const spawn: Command = {
  async run(context) {
    const { args, settings, output, talk } = context;
    const access = await openAccess(context);
    const wish = await readSpawn(context, access.reader.plugins);
    const id = newId(wish.request.name ?? wish.request.task);
    const agent = await access.swarm.spawn(wish.request, { ...wish.options, id }, { ...access.caller, env: wish.env });
    if (args.options.has("wait")) return waitAndPrint(context, access, agent);
    if (agent.phase === "waiting" && agent.waiting === undefined) await talk.warn(agent.activity);
    await (settings.json ? printJson(output, agent) : output.write(`${agent.id}\n`));
    if (isTerminal(1)) await talk.notice(`follow it with: skep logs -f ${agent.handle}`);
  },
};

async function waitAndPrint(context: CommandContext, access: Access, agent: Snapshot): Promise<void> {
  const { args, settings, output } = context;
  if (!settings.quiet) say(agent.id);
  const [ended = agent] = await waitForAgents(access, [agent.id], {});
  // A live agent is well though its turn failed: it waits for another one.
  const fault = ended.phase === "ended" ? undefined : await turnFault(access.reader, agent.id, TASK_MESSAGE);
  const live = ended.phase !== "ended" && !args.options.has("keep");
  const final = live ? await access.swarm.stop(agent.id, { by: access.caller.by }) : ended;
  if (settings.json) await printJson(output, final);
  else if (final.last_assistant !== undefined) await printAnswer(output, final.last_assistant);
  // One that gives no answers, such as a command, has its output.
  else await (await import("../../swarm/raw-output.ts")).rawOutput(access.reader.store, agent.id, printOutput(output));
  checkOutcome([final]);
  if (fault !== undefined) throw agentFailed(agent.id, fault);
}
