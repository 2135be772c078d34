/** What holds for every verb. A flag beats the environment, that beats the config, that beats the default. */
import { resolve } from "node:path";
import type { PluginFile } from "../swarm/plugin-file.ts";
import type { Environment } from "../types.ts";
import type { Options } from "./args.ts";
import { COLOR_CHOICES, type ColorChoice } from "./color.ts";
import { type Config, readConfig } from "./config.ts";
import { choiceOf } from "./option-values.ts";
import { installedPlugins } from "./plugin-folder.ts";
import { findProject } from "./trust.ts";

export interface Settings {
  readonly env: Environment;
  readonly cwd: string;
  readonly root?: string; // as it was given
  readonly session?: string; // host session
  readonly runner?: string; // for spawn without --runner
  readonly plugins: readonly PluginFile[]; // the user's, --plugin first
  readonly config: Config; // with a trusted project's presets; of two with one name the user's counts
  readonly untrusted?: string; // a project's config that does not count
  readonly color: ColorChoice;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly yes: boolean;
}

/** Throws SkepError "usage". */
export function readSettings(options: Options, env: Environment, cwd: string): Settings {
  const given = (flag: string, variable: string): string | undefined =>
    options.value(flag) || env[variable] || undefined;
  const config = readConfig(given("config", "SKEP_CONFIG"), env);
  const bare = options.has("no-plugins");
  const project = bare ? undefined : findProject(cwd, env);
  const root = given("root", "SKEP_ROOT");
  const session = given("session", "SKEP_SESSION");
  const runner = env["SKEP_RUNNER"] || (config.runner ?? project?.config?.runner);
  const named = options.values("plugin").map((path): PluginFile => ({ path: resolve(cwd, path), from: "flag" }));
  return {
    env,
    cwd,
    ...(root === undefined ? {} : { root }),
    ...(session === undefined ? {} : { session }),
    ...(runner === undefined ? {} : { runner }),
    plugins: bare
      ? named
      : [...named, ...config.plugins, ...installedPlugins(env), ...(project?.config?.plugins ?? [])],
    config: { ...config, presets: new Map([...(project?.config?.presets ?? []), ...config.presets]) },
    ...(project !== undefined && project.config === undefined ? { untrusted: project.path } : {}),
    color: choiceOf(options, "color", COLOR_CHOICES) ?? "auto",
    json: options.has("json"),
    quiet: options.has("quiet"),
    verbose: options.has("verbose"),
    yes: options.has("yes"),
  };
}
