import { resolve } from "node:path";
import type { Command } from "../command.ts";
import { eachCommand } from "./each.ts";

export const resume: Command = eachCommand({
  verb: "resume",
  asks: true,
  act(agent, access, { args: { options }, settings }) {
    const dir = options.value("dir");
    const text = options.value("message");
    const wish = {
      force: options.has("force"),
      ...(dir === undefined ? {} : { dir: resolve(settings.cwd, dir) }),
      ...(text === undefined ? {} : { text }),
    };
    return access.swarm.resume(agent.id, wish, access.caller);
  },
});
