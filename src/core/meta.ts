/**
 * meta.json <-> Meta: who an agent is. The disk's snake_case is known here alone. zot reads and writes the same file, so
 * unknown fields are kept when it is rewritten, and every field survives a resume.
 */
import * as v from "valibot";
import { corruptMeta } from "../errors.ts";
import type { Time } from "../types.ts";
import { isRecord } from "./entry.ts";

export interface Meta {
  readonly id: string;
  readonly task: string;
  readonly dir: string;
  readonly started: Time; // as it stands there: another writer may have left nonsense
  readonly model?: string;
  readonly provider?: string;
  readonly inboxPath: string;
  readonly eventLogPath: string;
  readonly sessionPath: string;
  readonly sessionId?: string;
  readonly runner: string;
  readonly skep?: SkepMeta;
  readonly rest: Readonly<Record<string, unknown>>; // what others wrote, as it was
}
/** What skep adds to zot's fields. `timeout` is in milliseconds; of the environment only names are kept. */
export interface SkepMeta {
  readonly args?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly parent?: string;
  readonly timeout?: number;
  readonly envNames?: readonly string[];
  readonly options?: Readonly<Record<string, unknown>>;
  readonly notes?: Readonly<Record<string, unknown>>;
  readonly rest?: Readonly<Record<string, unknown>>;
}

export const MAX_META: number = 1024 * 1024;
export const MAX_TASK: number = 256 * 1024;
export const DEFAULT_RUNNER = "zot"; // what a meta.json without `runner` was spawned with

const skepSchema = v.looseObject({
  args: v.optional(v.array(v.string())),
  labels: v.optional(v.record(v.string(), v.string())),
  parent: v.optional(v.string()),
  timeout: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0))),
  env_names: v.optional(v.array(v.string())),
  options: v.optional(v.record(v.string(), v.unknown())),
  notes: v.optional(v.record(v.string(), v.unknown())),
});
/** Reads a meta.json. Throws SkepError "corrupt" when it is no JSON object, has no `id`, or another id than its folder. */
export function parseMeta(text: string, folder: string): Meta {
  let value: unknown;
  try {
    value = JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (cause) {
    throw corruptMeta("not JSON", cause);
  }
  // By hand: this is read of each of thousands of agents, and a schema took longer than all else that is done with it.
  if (!isRecord(value)) throw corruptMeta("not an object");
  const {
    id,
    task,
    dir,
    started,
    model,
    provider,
    inbox_path,
    event_log_path,
    session_path,
    session_id,
    runner,
    skep,
    ...rest
  } = value;
  if (typeof id !== "string" || id === "") throw corruptMeta("no id");
  if (id !== folder) throw corruptMeta(`its id is ${JSON.stringify(id.slice(0, 130))}, not the name of its folder`);
  return {
    id,
    task: textOf(task),
    dir: textOf(dir),
    started: textOf(started),
    ...(textOf(model) === "" ? {} : { model: textOf(model) }),
    ...(textOf(provider) === "" ? {} : { provider: textOf(provider) }),
    inboxPath: textOf(inbox_path),
    eventLogPath: textOf(event_log_path),
    sessionPath: textOf(session_path),
    ...(textOf(session_id) === "" ? {} : { sessionId: textOf(session_id) }),
    runner: textOf(runner) || DEFAULT_RUNNER,
    ...(skep === undefined ? {} : { skep: parseSkep(skep) }),
    rest,
  };
}

const textOf = (field: unknown): string => (typeof field === "string" ? field : "");

/** Our own part: a damaged one must not hide the agent, so what does not fit is kept aside as it is. */
function parseSkep(value: unknown): SkepMeta {
  const parsed = v.safeParse(skepSchema, value);
  if (!parsed.success) return { rest: typeof value === "object" && value !== null ? { ...value } : {} };
  const { args, labels, parent, timeout, env_names, options, notes, ...rest } = parsed.output;
  return {
    ...(args === undefined ? {} : { args }),
    ...(labels === undefined ? {} : { labels }),
    ...(parent === undefined ? {} : { parent }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(env_names === undefined ? {} : { envNames: env_names }),
    ...(options === undefined ? {} : { options }),
    ...(notes === undefined ? {} : { notes }),
    rest,
  };
}

/** The text of a meta.json, with a newline at its end. */
export function formatMeta(meta: Meta): string {
  const { rest, skep, runner, ...own } = meta;
  const value = {
    id: own.id,
    task: own.task,
    dir: own.dir,
    started: own.started,
    model: own.model,
    provider: own.provider,
    inbox_path: own.inboxPath,
    event_log_path: own.eventLogPath,
    session_path: own.sessionPath,
    session_id: own.sessionId,
    runner: skep === undefined && runner === DEFAULT_RUNNER ? undefined : runner,
    skep: skep === undefined ? undefined : formatSkep(skep),
    ...rest,
  };
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function formatSkep({ rest, envNames, ...own }: SkepMeta): Record<string, unknown> {
  return { ...own, env_names: envNames, ...rest };
}
