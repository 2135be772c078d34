/** The words of `spawn` as a request: who runs it, what it is told, in which environment. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import {
  badEnv,
  cannotRead,
  emptyTask,
  faultOf,
  noCommand,
  noRunnerFound,
  notInstalled,
  notTrusted,
  severalRunners,
  unknownName,
} from "../errors.ts";
import { nearest } from "../core/nearest.ts";
import { BUNDLED } from "../swarm/bundled.ts";
import type { PluginSet } from "../swarm/load-plugins.ts";
import type { SpawnOptions } from "../swarm/api.ts";
import type { Environment, SpawnRequest } from "../types.ts";
import type { CommandContext } from "./command.ts";
import type { Preset } from "./config.ts";
import { findProgram } from "./find-program.ts";
import { durationOf, labelsOf } from "./option-values.ts";
import { readStdin } from "./standard-streams.ts";

/** Flags that travel as options of the runner, which refuses those it does not know. */
const RUNNER_SWITCHES = ["stdin", "jsonl"] as const;

export interface SpawnWish {
  readonly request: SpawnRequest;
  readonly options: SpawnOptions;
  readonly env: Environment;
}

export async function readSpawn({ args, settings }: CommandContext, plugins: PluginSet): Promise<SpawnWish> {
  const { options, positionals, rest } = args;
  const words = positionals.length === 1 && positionals[0] === "-" ? [await readStdin()] : positionals;
  const task = words.join(" ").trim();
  const given = options.value("runner") ?? (task === "" && rest.length > 0 ? "exec" : settings.runner);
  const preset = given === undefined ? undefined : settings.config.presets.get(given);
  const command = [...(preset?.argv ?? []).map((word) => word.replaceAll("{task}", task)), ...rest];
  if (task === "" && command.length === 0) throw emptyTask();
  const argv = [...(preset?.args ?? []), ...command];
  const runner = preset?.use ?? given ?? (await onlyInstalled(plugins, settings.env));
  if (runner === "exec" && argv.length === 0) throw noCommand();
  await plugins.runner(runner, settings.env).catch((error: unknown) => {
    // What nobody here supplies may be in the project's config, which nobody has read.
    if (settings.untrusted !== undefined) throw notTrusted(settings.untrusted);
    const presets = [...settings.config.presets.keys()];
    const near = preset === undefined ? nearest(runner, presets) : undefined;
    throw near === undefined ? error : unknownName("runner", runner, presets, near);
  });
  const variables = readVariables(options.values("env"), options.values("env-file"), settings.env);
  const env = { ...settings.env, ...preset?.env, ...Object.fromEntries(variables) };
  const dir = resolve(settings.cwd, options.value("dir") ?? preset?.dir ?? ".");
  if (given !== undefined && preset !== undefined) await requireProgram(plugins, given, preset, dir, env);
  const labels = labelsOf(options);
  const switches = RUNNER_SWITCHES.filter((name) => options.has(name)).map((name) => [name, true] as const);
  const model = options.value("model") ?? preset?.model;
  const provider = options.value("provider") ?? preset?.provider;
  const name = options.value("name");
  const timeout = durationOf(options, "timeout");
  const parent = settings.env["SKEP_AGENT_ID"];
  const request: SpawnRequest = {
    task: task === "" ? commandLine(argv) : task,
    runner,
    dir,
    args: argv,
    ...(name === undefined ? {} : { name }),
    ...(model === undefined ? {} : { model }),
    ...(provider === undefined ? {} : { provider }),
    ...(settings.session === undefined ? {} : { session_id: settings.session }),
    ...(labels.size === 0 ? {} : { labels: Object.fromEntries(labels) }),
    ...(parent ? { parent } : {}),
    ...runnerOptions(switches, options.values("approve"), preset),
  };
  return {
    request,
    options: {
      ...(timeout === undefined ? {} : { timeout }),
      ...(variables.size === 0 ? {} : { envNames: [...variables.keys()] }),
    },
    env,
  };
}

/** A preset's hint is what a runner's `detect` says: told when what it starts is not installed. Throws SkepError "usage". */
async function requireProgram(
  plugins: PluginSet,
  name: string,
  { use, argv, hint }: Preset,
  dir: string,
  env: Environment,
): Promise<void> {
  const [program] = argv ?? [];
  if (program !== undefined && !program.includes("{task}") && use === "exec") {
    if (findProgram(program, dir, env) === undefined) throw notInstalled(name, `${program}, which was not found`, hint);
    return;
  }
  if (hint === undefined) return; // the runner's own is told
  const detected = await (await plugins.runner(use, env)).detect?.(env);
  if (detected !== undefined && "missing" in detected) throw notInstalled(name, detected.missing, hint);
}

function runnerOptions(
  switches: readonly (readonly [string, true])[],
  approvals: readonly string[],
  preset: Preset | undefined,
): { options?: Record<string, unknown> } {
  const approve = approvals.length === 0 ? preset?.approve : approvals.length === 1 ? approvals[0] : approvals;
  const options = {
    ...(approve === undefined ? {} : { approve }),
    ...Object.fromEntries(switches),
  };
  return Object.keys(options).length === 0 ? {} : { options };
}

/** A command as one would type it. */
const commandLine = (argv: readonly string[]): string =>
  argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(" ");

/** The one agent CLI that is installed, when there is exactly one. */
async function onlyInstalled(plugins: PluginSet, env: Environment): Promise<string> {
  const names = BUNDLED.flatMap(({ chosen = [] }) => chosen);
  const found: string[] = [];
  const lacking: string[] = [];
  const detected = await Promise.all(names.map(async (name) => (await plugins.runner(name)).detect?.(env)));
  for (const [at, name] of names.entries()) {
    const answer = detected[at];
    if (answer !== undefined && "path" in answer) found.push(name);
    else if (answer !== undefined) lacking.push(`${name} needs ${answer.missing}`);
  }
  const [only] = found;
  if (only === undefined) throw noRunnerFound(lacking);
  if (found.length > 1) throw severalRunners(found);
  return only;
}

function readVariables(pairs: readonly string[], files: readonly string[], env: Environment): Map<string, string> {
  const variables = new Map<string, string>();
  const add = (pair: string, where: string): void => {
    const at = pair.indexOf("=");
    const name = at === -1 ? pair : pair.slice(0, at);
    // Its value is a secret perhaps: no error repeats it.
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw badEnv(where, "it names no variable");
    if (name.startsWith("SKEP_")) throw badEnv(where, `${name} is skep's own`);
    const value = at === -1 ? env[name] : pair.slice(at + 1);
    // A line of a file may be the rest of a value that had several.
    if (value === undefined)
      throw badEnv(where, `${where === "--env" ? name : "a variable named there"} is not set here`);
    if (value.includes("\0")) throw badEnv(where, `the value of ${name} holds a NUL`);
    variables.set(name, value);
  };
  for (const file of files) {
    for (const [index, line] of readFile(file).split(/\r?\n/).entries()) {
      if (line.trim() !== "" && !line.trimStart().startsWith("#"))
        add(line.replace(/^export\s+/, ""), `${file}:${index + 1}`);
    }
  }
  for (const pair of pairs) add(pair, "--env");
  return variables;
}

function readFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw cannotRead(path, faultOf(error));
  }
}
