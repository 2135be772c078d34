import { readFileSync } from "node:fs";
import { foldTranscript } from "../../core/fold-transcript.ts";
import { cannotRead, reasonOf } from "../../errors.ts";
import { openAccess } from "../access.ts";
import type { Command } from "../command.ts";
import { countOf } from "../option-values.ts";
import { printView, viewOf } from "../show-view.ts";

export const list: Command = {
  async run(context) {
    const { settings, output } = context;
    const access = await openAccess(context);
    const plugins = await access.reader.plugins.report();
    if (settings.json) return output.write(`${JSON.stringify(plugins, undefined, 2)}\n`);
    const lines = plugins.map(({ name, version = "", source, supplies, replaces = [], error }) => {
      const from =
        source.kind === "bundled"
          ? "bundled"
          : `${source.kind} ${source.path ?? ""} ${source.hash?.slice(0, 12) ?? ""}`.trimEnd();
      const what = error === undefined ? supplies.join(", ") : `not loaded: ${error}`;
      return `${name} ${version}  ${from}  ${what}${replaces.length === 0 ? "" : `  (replaces ${replaces.join(", ")})`}\n`;
    });
    return output.write(lines.join(""));
  },
};

export const test: Command = {
  async run(context) {
    const { args } = context;
    const [name = "", path = ""] = args.positionals;
    const access = await openAccess(context);
    const { plugins } = access.reader;
    const runner = await plugins.runner(name);
    const { turns, output = "events", verdict } = runner;
    const code = countOf(args.options, "exit");
    const fold = { handlers: await plugins.handlers(name), turns, output, verdict };
    const { snapshot } = foldTranscript(readLines(path), fold, code === undefined ? undefined : { code });
    await printView(context, access, "show", viewOf(access, [{ ...snapshot, runner: name }]));
  },
};

function readLines(path: string): readonly string[] {
  try {
    return readFileSync(path, "utf8").replace(/\n$/, "").split("\n");
  } catch (error) {
    throw cannotRead(path, reasonOf(error));
  }
}
