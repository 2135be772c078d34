import { notTrusted, reasonOf } from "../../errors.ts";
import { openAccess } from "../access.ts";
import type { Command } from "../command.ts";
import { printJson } from "../print-json.ts";

export const list: Command = {
  async run(context) {
    const { settings, output, talk } = context;
    const access = await openAccess(context);
    if (settings.untrusted !== undefined) await talk.warn(reasonOf(notTrusted(settings.untrusted)));
    const plugins = await access.reader.plugins.report();
    if (settings.json) return printJson(output, plugins);
    const lines = plugins.map(({ name, version = "", source, supplies, replaces = [], error }) => {
      const from =
        source.kind === "bundled"
          ? "bundled"
          : `${source.kind} ${source.path ?? ""} ${source.hash?.slice(0, 12) ?? ""}`.trimEnd();
      // One that was read has a version; what is wrong with it is that another one was there first.
      const what = version === "" ? `not loaded: ${error ?? ""}` : supplies.join(", ");
      const notes = [
        ...(replaces.length === 0 ? [] : [`replaces ${replaces.join(", ")}`]),
        ...(version === "" || error === undefined ? [] : [error]),
      ];
      return `${name} ${version}  ${from}  ${what}${notes.map((note) => `  (${note})`).join("")}\n`;
    });
    return output.write(lines.join(""));
  },
};
