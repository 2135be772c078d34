/** `plugins add|rm|trust`. */
import { resolve } from "node:path";
import { stat } from "../../disk.ts";
import { noPlugin, nothingAdded } from "../../errors.ts";
import { loadPlugins } from "../../swarm/load-plugins.ts";
import type { Command, CommandContext } from "../command.ts";
import { addPackage, installedPlugins, removePackage } from "../plugin-folder.ts";
import { findProject, PROJECT_CONFIG, trust as recordTrust } from "../trust.ts";

export const add: Command = {
  async run(context) {
    const { args, settings, talk } = context;
    const [what = ""] = args.positionals;
    const path = resolve(settings.cwd, what);
    const local = /^[./~]/.test(what) || stat(path) !== undefined;
    if (local && stat(path)?.isFile() === true && !what.endsWith(".tgz")) {
      throw nothingAdded(what, `name it in the config: "plugins": ["${path}"], or give --plugin`);
    }
    const added = addPackage(local ? path : what, settings.env);
    const plugins = await loadPlugins({ files: added, warn: (text) => void talk.warn(text) });
    const reports = (await plugins.report()).filter(({ source }) => source.kind === "folder");
    const bad = reports.filter(({ error }) => error !== undefined);
    if (reports.length === 0 || bad.length > 0) throw nothingAdded(what, bad[0]?.error ?? "it was there already");
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
    const [name = ""] = args.positionals;
    const known = installedPlugins(settings.env).some(({ path }) => path.includes(`/node_modules/${name}/`));
    if (!known) throw noPlugin(name);
    removePackage(name, settings.env);
    await say(context, [name], [name]);
  },
};

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
  output.write(settings.json ? `${JSON.stringify(json, undefined, 2)}\n` : lines.map((line) => `${line}\n`).join(""));
