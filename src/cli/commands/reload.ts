import { reload as readSwarm } from "../../swarm/reload.ts";
import { openAccess } from "../access.ts";
import type { Command } from "../command.ts";
import { printJson } from "../print-json.ts";

export const reload: Command = {
  async run(context) {
    const { args, settings, output } = context;
    const access = await openAccess(context);
    const { root, agents, problems } = await readSwarm(access.reader);
    if (settings.json) await printJson(output, { root, loaded: agents.length, errors: problems });
    else {
      const lines = problems.map(({ path, code, message }) => `${path}: ${code}: ${message}\n`);
      await output.write(`${root}: ${agents.length} loaded, ${problems.length} not\n${lines.join("")}`);
    }
    if (args.options.has("strict") && problems.length > 0) process.exitCode = 1;
  },
};
