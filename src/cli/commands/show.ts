import { readDetail } from "../../swarm/reload.ts";
import { openAccess } from "../access.ts";
import type { Command } from "../command.ts";
import { printView, sayUnwatched, viewOf } from "../show-view.ts";
import { one } from "../which.ts";

export const show: Command = {
  async run(context) {
    const access = await openAccess(context);
    const agent = await one(context.args.positionals[0] ?? "", context, access);
    const detail = await readDetail(access.reader, agent.id);
    await printView(context, access, "show", viewOf(access, [detail]));
    await sayUnwatched(context, access, [detail]);
  },
};
