/** `plugins add|rm|trust`. */
import { resolve } from "node:path";
import { stat } from "../../disk.ts";
import { cannotRead, noPlugin, nothingAdded } from "../../errors.ts";
import { loadPlugins } from "../../swarm/load-plugins.ts";
import type { PluginFile } from "../../swarm/plugin-file.ts";
import type { Environment } from "../../types.ts";
import type { Command, CommandContext } from "../command.ts";
import { printJson } from "../print-json.ts";
import { addPackage, removePackage } from "../install-plugin.ts";
import { packagePath, packages } from "../plugin-folder.ts";
import { findProject, PROJECT_CONFIG, trust as recordTrust } from "../trust.ts";

export const add: Command = {
  async run(context) {
    const { args, settings } = context;
    const [what = ""] = args.positionals;
    const path = resolve(settings.cwd, what);
    const local = /^[./~]/.test(what) || stat(path) !== undefined;
    if (local && stat(path) === undefined) throw cannotRead(path, "no such file or folder");
    if (local && stat(path)?.isFile() === true && !what.endsWith(".tgz")) {
      throw nothingAdded(what, `name it in the config: "plugins": ["${path}"], or give --plugin`);
    }
    const added = addPackage(local ? path : what, settings.env);
    if (added.length === 0) throw nothingAdded(what, "it was there already");
    const plugins = await loadPlugins({ files: added.map(({ file }) => file), warn: () => {} }); // told below
    const reports = (await plugins.report()).filter(({ source }) => source.kind === "folder");
    const bad = reports.find(({ error }) => error !== undefined);
    if (bad !== undefined) {
      for (const { name, isNew } of added) if (isNew) removePackage(name, settings.env); // it would be in everyone's way
      throw nothingAdded(what, bad.error ?? "");
    }
    await say(
      context,
      reports.map(({ name, supplies }) => `${name}: ${supplies.join(", ")}`),
      reports,
    );
  },
};

export const rm: Command = {
  async run(context) {
    const { args, settings } = context;
    const [given = ""] = args.positionals;
    const known = packages(settings.env);
    const name = known.includes(given) ? given : await packageOf(given, known, settings.env);
    if (name === undefined) throw noPlugin(given, known);
    removePackage(name, settings.env);
    await say(context, [name], [name]);
  },
};

/** People know a plugin by its own name, which need not be its package's. */
async function packageOf(plugin: string, known: readonly string[], env: Environment): Promise<string | undefined> {
  for (const name of known) {
    const file: PluginFile = { path: packagePath(name, env), from: "folder" };
    const reports = await (await loadPlugins({ files: [file], warn: () => {} })).report();
    if (reports.some(({ source, name: its }) => source.kind === "folder" && its === plugin)) return name;
  }
  return undefined;
}

export const trust: Command = {
  async run(context) {
    const { args, settings } = context;
    const path = resolve(
      settings.cwd,
      args.positionals[0] ?? findProject(settings.cwd, settings.env)?.path ?? PROJECT_CONFIG,
    );
    const recorded = recordTrust(path, settings.env);
    await say(context, recorded, recorded);
  },
};

const say = ({ settings, output }: CommandContext, lines: readonly string[], json: unknown): Promise<void> =>
  settings.json ? printJson(output, json) : output.write(lines.map((line) => `${line}\n`).join(""));
