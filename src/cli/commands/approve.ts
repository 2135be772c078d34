/** Answers for an agent that waits: its only request, or the one that is named. */
import { noRequest, waitsForNothing, waitsForSeveral } from "../../errors.ts";
import type { Snapshot } from "../../types.ts";
import { openAccess } from "../access.ts";
import type { Command } from "../command.ts";
import { printJson } from "../print-json.ts";
import { one } from "../which.ts";

const answering = (allow: boolean): Command => ({
  async run(context) {
    const { args, settings, output } = context;
    const [name = "", named] = args.positionals;
    const access = await openAccess(context);
    const agent = await one(name, context, access);
    const request = requestOf(await access.swarm.show(agent.id), named);
    const reason = allow ? undefined : args.options.value("message");
    const answer = { request, allow, ...(reason === undefined ? {} : { reason }) };
    await access.swarm.answer(agent.id, answer);
    await (settings.json ? printJson(output, { id: agent.id, ...answer }) : output.write(`${agent.id}\n`));
  },
});

export const approve: Command = answering(true);
export const deny: Command = answering(false);

/** A request's id, or a prefix that is nobody else's. */
function requestOf({ id, waiting = [] }: Snapshot, named: string | undefined): string {
  const known = waiting.map(({ request }) => request);
  if (named !== undefined && known.includes(named)) return named;
  const found = named === undefined ? known : known.filter((request) => request.startsWith(named));
  const [only] = found;
  if (only === undefined) throw named === undefined ? waitsForNothing(id) : noRequest(id, named, known);
  if (found.length > 1)
    throw waitsForSeveral(
      id,
      waiting.map(({ request, what }) => `${request} (${what})`),
    );
  return only;
}
