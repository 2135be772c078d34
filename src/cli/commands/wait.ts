import { openAccess } from "../access.ts";
import type { Command } from "../command.ts";
import { checkOutcome, hasFailed, waitForAgents } from "../finish-wait.ts";
import { durationOf } from "../option-values.ts";
import { viewOf, printView } from "../show-view.ts";
import { chosen } from "../which.ts";
import { isSettled } from "../../swarm/wait.ts";
import { wantsOne } from "../../errors.ts";

export const wait: Command = {
  async run(context) {
    const { args, settings } = context;
    const { options } = args;
    const access = await openAccess(context);
    const agents = await chosen(context, access);
    const exit = options.has("exit");
    const any = options.has("any");
    if (options.has("passthrough") && agents.length !== 1) throw wantsOne("wait -x");
    const timeout = durationOf(options, "timeout");
    // What has ended needs nobody to watch it.
    const there =
      agents.every((agent) => isSettled(agent, exit)) || (any && agents.some((agent) => isSettled(agent, exit)));
    const final = there
      ? agents
      : await waitForAgents(
          access,
          agents.map(({ id }) => id),
          { any, exit, ...(timeout === undefined ? {} : { timeout }) },
        );
    if (settings.json) await printView(context, access, "wait", viewOf(access, final), false);
    const settled = any ? final.filter((agent) => isSettled(agent, exit)) : final;
    if (options.has("passthrough")) process.exitCode = final[0]?.exit_code ?? (final.some(hasFailed) ? 1 : 0);
    else checkOutcome(settled);
  },
};
