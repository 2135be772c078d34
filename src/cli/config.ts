/** The user's config.json: checked whole, so that a misspelt key is told and not ignored. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import * as v from "valibot";
import { parseDuration } from "../core/duration.ts";
import { MIN_AGE_MS } from "../core/ended.ts";
import { nearest } from "../core/nearest.ts";
import { badConfig, reasonOf, systemCode } from "../errors.ts";
import type { PluginFile } from "../swarm/plugin-file.ts";
import type { Environment } from "../types.ts";

export interface Config {
  readonly path: string; // where it stands, or would
  readonly runner?: string; // what spawn takes without --runner
  readonly plugins: readonly PluginFile[];
  readonly presets: ReadonlyMap<string, Preset>; // `runners`
  readonly idleTimeout?: number; // ms until an idle live agent is shut down
  readonly supervisorIdle: number; // ms until a supervisor without agents ends
  readonly resumeMessage?: string; // the prompt of a resume without one
  readonly retain?: Retain;
}
/** What is done to files that grow. */
export interface Retain {
  readonly runFiles?: "keep" | "compress" | "drop"; // what ended runs wrote
  readonly runFilesAge?: number; // ms
  readonly maxLogBytes?: number; // bytes
}
/** A runner by another name, with some of its options set. */
export interface Preset {
  readonly use: string;
  readonly model?: string | undefined;
  readonly provider?: string | undefined;
  readonly args?: readonly string[] | undefined;
  readonly dir?: string | undefined; // as it stands there
  readonly argv?: readonly string[] | undefined; // for exec: "{task}" stands for the task
  readonly hint?: string | undefined; // told when the program is not found
  readonly approve?: string | readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

const SUPERVISOR_IDLE_MS = 600_000;

const object = v.custom<object>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  "is not an object",
);
const text = v.pipe(v.string("is not a text"), v.nonEmpty("is empty"));
const words = v.array(v.string("is not a text"), "is not a list");
const duration = v.pipe(
  text,
  v.transform(parseDuration),
  v.number("is not a duration such as 500ms, 10s, 30m, 2h or 7d"),
);
const presetSchema = v.strictObject({
  use: text,
  model: v.optional(text),
  provider: v.optional(text),
  args: v.optional(words),
  dir: v.optional(text),
  argv: v.optional(v.pipe(words, v.nonEmpty("is empty"))),
  hint: v.optional(text),
  approve: v.optional(v.lazy((value) => (Array.isArray(value) ? v.pipe(words, v.nonEmpty("is empty")) : text))),
  env: v.optional(v.pipe(object, v.record(v.string(), v.string("is not a text")))),
});
const pluginSchema = v.strictObject({ path: text, options: v.optional(v.unknown()) });
const retainSchema = v.strictObject({
  run_files: v.optional(v.picklist(["keep", "compress", "drop"], "is not keep, compress or drop")),
  older_than: v.optional(v.pipe(duration, v.minValue(MIN_AGE_MS, "is less than 8h, which is the least"))),
  max_log_bytes: v.optional(
    v.pipe(
      v.number("is not a number"),
      v.integer("is not a whole number"),
      v.minValue(65_536, "is less than 65536, which is the least"),
    ),
  ),
});
const configSchema = v.strictObject({
  runner: v.optional(text),
  plugins: v.optional(
    v.array(
      v.lazy((entry) => (typeof entry === "string" ? text : v.pipe(object, pluginSchema))),
      "is not a list",
    ),
  ),
  runners: v.optional(v.pipe(object, v.record(v.string(), v.pipe(object, presetSchema)))),
  idle_timeout: v.optional(duration),
  supervisor_idle: v.optional(duration),
  resume_message: v.optional(text),
  retain: v.optional(v.pipe(object, retainSchema)),
});

/** Reads the config that was named (it must be there), else the user's own. Throws SkepError "usage". */
export function readConfig(named: string | undefined, env: Environment): Config {
  const path = resolve(named ?? join(configFolder(env), "config.json"));
  let content: string;
  try {
    content = readFileSync(path, "utf8");
  } catch (error) {
    if (named === undefined && systemCode(error) === "ENOENT") content = "{}";
    else throw badConfig(path, systemCode(error) === "ENOENT" ? "no such file" : reasonOf(error), undefined, error);
  }
  return parseConfig(content, path);
}

/** `$XDG_CONFIG_HOME/skep`, `~/.config/skep`; on Windows `%APPDATA%\skep`. */
export function configFolder(env: Environment): string {
  const given = process.platform === "win32" ? env["APPDATA"] : env["XDG_CONFIG_HOME"];
  // The XDG specification: a relative path is to be ignored.
  return join(given !== undefined && isAbsolute(given) ? given : join(env["HOME"] || homedir(), ".config"), "skep");
}

/** `path` is absolute: what the text says about files is relative to its folder. */
export function parseConfig(content: string, path: string): Config {
  let value: unknown;
  try {
    value = JSON.parse(content.replace(/^\ufeff/, ""));
  } catch (error) {
    throw badConfig(path, `not JSON: ${reasonOf(error)}`, undefined, error);
  }
  const parsed = v.safeParse(v.pipe(object, configSchema), value);
  if (!parsed.success) throw faultIn(path, parsed.issues.find(isUnknownKey) ?? parsed.issues[0]);
  const {
    runner,
    plugins = [],
    runners = {},
    idle_timeout,
    supervisor_idle = SUPERVISOR_IDLE_MS,
    resume_message,
    retain,
  } = parsed.output;
  return {
    path,
    ...(runner === undefined ? {} : { runner }),
    plugins: plugins.map((plugin) => pluginFile(typeof plugin === "string" ? { path: plugin } : plugin, dirname(path))),
    presets: new Map(Object.entries(runners)),
    ...(idle_timeout === undefined ? {} : { idleTimeout: idle_timeout }),
    supervisorIdle: supervisor_idle,
    ...(resume_message === undefined ? {} : { resumeMessage: resume_message }),
    ...(retain === undefined ? {} : { retain: retainOf(retain) }),
  };
}

const retainOf = ({ run_files, older_than, max_log_bytes }: v.InferOutput<typeof retainSchema>): Retain => ({
  ...(run_files === undefined ? {} : { runFiles: run_files }),
  ...(older_than === undefined ? {} : { runFilesAge: older_than }),
  ...(max_log_bytes === undefined ? {} : { maxLogBytes: max_log_bytes }),
});

const pluginFile = ({ path, options }: v.InferOutput<typeof pluginSchema>, folder: string): PluginFile => ({
  path: resolve(folder, path),
  from: "config",
  ...(options === undefined ? {} : { options }),
});

const isUnknownKey = (issue: v.BaseIssue<unknown>): boolean =>
  issue.type === "strict_object" && issue.expected === "never";

function faultIn(path: string, issue: v.BaseIssue<unknown>): Error {
  const where = v.getDotPath(issue) ?? "it";
  if (isUnknownKey(issue)) {
    const [key = "", ...above] = (issue.path ?? []).map((item) => String(item.key)).toReversed();
    const known = Object.keys(schemaAt(above.at(-1)).entries);
    const near = nearest(key, known);
    return badConfig(
      path,
      `unknown key ${where}`,
      near === undefined ? `known: ${known.join(", ")}` : `did you mean ${near}?`,
    );
  }
  return badConfig(path, `${where} ${issue.type === "strict_object" ? "is missing" : issue.message}`);
}

function schemaAt(top: string | undefined): { readonly entries: object } {
  if (top === undefined) return configSchema;
  if (top === "retain") return retainSchema;
  return top === "runners" ? presetSchema : pluginSchema;
}
