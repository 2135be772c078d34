import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../build-info.ts";
import { badPluginName, existsAlready, systemCode } from "../../errors.ts";
import type { Command } from "../command.ts";
import { printJson } from "../print-json.ts";
import { pluginFiles } from "../templates.ts";

export const create: Command = {
  async run({ args, settings, output, talk }) {
    const [name = ""] = args.positionals;
    if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(name)) throw badPluginName(name);
    const folder = join(settings.cwd, name);
    const typescript = args.options.has("ts");
    const files = pluginFiles(name, typescript, version);
    try {
      mkdirSync(folder);
    } catch (error) {
      throw systemCode(error) === "EEXIST" ? existsAlready(folder) : error;
    }
    for (const [file, text] of files) writeFileSync(join(folder, file), text);
    if (settings.json) await printJson(output, { path: folder, files: [...files.keys()] });
    else await output.write(`${folder}\n`);
    const plugin = `--plugin ./${name}/index.${typescript ? "ts" : "mjs"}`;
    await talk.notice(
      [
        "try it:",
        `  skep plugins test ${name} ${name}/first.jsonl ${plugin}`,
        `  skep spawn -w ${plugin} -r ${name} hello`,
        `  cd ${name} && npm install && npm test`,
      ].join("\n"),
    );
  },
};
