/** Verbs that do one thing to each of the agents they are given. */
import { SkepError } from "../../errors.ts";
import { type Access, openAccess } from "../access.ts";
import type { Command, CommandContext } from "../command.ts";
import { exitCodeOf } from "../exit-codes.ts";
import { printJson } from "../print-json.ts";
import { printError } from "../talk.ts";
import { chosen, confirm } from "../which.ts";
import type { Snapshot } from "../../types.ts";

export interface EachVerb {
  readonly verb: string;
  readonly asks: boolean; // before more than one is touched
  /** Agents it means, when it chooses in a way of its own. */
  readonly choose?: (context: CommandContext, access: Access) => Promise<readonly Snapshot[]>;
  /** Agents it means, when not all that were chosen. */
  readonly narrow?: (agents: readonly Snapshot[], context: CommandContext) => readonly Snapshot[];
  readonly act: (agent: Snapshot, access: Access, context: CommandContext) => Promise<Snapshot | undefined>;
}

/** Does it to all at once; one that is refused does not hold up the others, and its exit code is the verb's. */
export const eachCommand = ({ verb, asks, choose = chosen, narrow, act }: EachVerb): Command => ({
  async run(context) {
    const { settings, output } = context;
    const access = await openAccess(context);
    const found = await choose(context, access);
    const agents = narrow === undefined ? found : narrow(found, context);
    if (asks) await confirm(context, agents, verb);
    const done = await Promise.allSettled(agents.map((agent) => act(agent, access, context)));
    const results = done.flatMap((result) =>
      result.status === "fulfilled" && result.value !== undefined ? [result.value] : [],
    );
    const faults = done.flatMap((result, at) =>
      result.status === "rejected" ? [naming(agents[at]?.id ?? "", result.reason)] : [],
    );
    if (settings.json) await printJson(output, results);
    else await output.write(results.map(({ id }) => `${id}\n`).join(""));
    const [first] = faults;
    for (const fault of faults.slice(1)) printError(fault, settings);
    if (first === undefined) return;
    printError(first, settings);
    process.exitCode = exitCodeOf(first);
  },
});

/** The fault, with the agent's id in front where its text does not name it: of several it must be clear which. */
function naming(id: string, fault: unknown): unknown {
  if (!(fault instanceof SkepError) || fault.message.includes(id)) return fault;
  return new SkepError(fault.code, `${id}: ${fault.message}`, { hint: fault.hint, cause: fault });
}
