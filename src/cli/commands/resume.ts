import { resolve } from "node:path";
import { realPath, stat } from "../../disk.ts";
import { noSuchFolder } from "../../errors.ts";
import type { Command } from "../command.ts";
import { eachCommand } from "./each.ts";

export const resume: Command = eachCommand({
  verb: "resume",
  asks: true,
  act(agent, access, { args: { options }, settings }) {
    const dir = options.value("dir");
    const text = options.value("message");
    const place = dir === undefined ? undefined : resolve(settings.cwd, dir);
    if (place !== undefined && stat(realPath(place))?.isDirectory() !== true) throw noSuchFolder(place);
    const wish = {
      force: options.has("force"),
      ...(place === undefined ? {} : { dir: place }),
      ...(text === undefined ? {} : { text }),
    };
    return access.swarm.resume(agent.id, wish, access.caller);
  },
});
