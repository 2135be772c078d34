/**
 * The supervisor's socket: newline-delimited JSON-RPC 2.0. The client chooses ids of agents and messages, so that a request
 * whose answer was lost can be repeated. Protocol numbers go up only.
 */
import * as v from "valibot";
import { detailSchema, snapshotSchema } from "../core/snapshot-schema.ts";
import { isErrorCode, SkepError } from "../errors.ts";
import type { Change, RemoveOptions, ResumeOptions, SendOptions, SpawnOptions, StopOptions } from "../swarm/api.ts";
import type { Caller } from "../swarm/caller.ts";
import type { PluginFile } from "../swarm/plugin-file.ts";
import type { Detail, Snapshot, SpawnRequest } from "../types.ts";

export const PROTOCOL = 1;
export const MAX_REQUEST: number = 16 * 1024 * 1024; // bytes of one request
export const MAX_MESSAGE: number = 4 * 1024 * 1024; // bytes of a message, and of an environment

/** What each request carries. The client's plugins travel with the requests that may need them. */
export interface Requests {
  readonly hello: Record<string, never>;
  readonly status: Record<string, never>;
  readonly subscribe: Record<string, never>;
  readonly shutdown: Record<string, never>;
  readonly spawn: { request: SpawnRequest; options: SpawnOptions; caller: Caller; plugins?: PluginFile[] };
  readonly resume: { id: string; options: ResumeOptions; caller: Caller; plugins?: PluginFile[] };
  readonly send: { id: string; text: string; options: SendOptions; caller: Caller };
  readonly stop: { id: string; options: StopOptions };
  readonly remove: { id: string; options: RemoveOptions };
  readonly archive: { id: string };
  readonly unarchive: { id: string };
  readonly cancel: { id: string; by: string };
  readonly answer: { id: string; answer: { request: string; allow: boolean; reason?: string } };
  readonly show: { id: string };
}
export type Method = keyof Requests;
type Schema<M extends Method> = v.GenericSchema<unknown, Requests[M]>;

const id = v.pipe(v.string(), v.nonEmpty());
const text = v.exactOptional(v.string());
const flag = v.exactOptional(v.boolean());
const list = v.exactOptional(v.array(v.string()));
const anything = v.exactOptional(v.record(v.string(), v.unknown()));
const nothing = v.record(v.string(), v.never());
const plugins = v.exactOptional(
  v.array(
    v.object({
      path: v.pipe(v.string(), v.startsWith("/")),
      from: v.picklist(["flag", "config", "folder", "project"]),
      options: v.exactOptional(v.unknown()),
      hash: v.exactOptional(v.string()),
    }),
  ),
);
const duration = v.pipe(v.number(), v.finite(), v.minValue(0));
const caller = v.object({
  env: v.record(v.string(), v.string()),
  umask: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0o777)),
  by: v.string(),
});
const PARAMS: { readonly [M in Method]: Schema<M> } = {
  hello: nothing,
  status: nothing,
  subscribe: nothing,
  shutdown: nothing,
  spawn: v.object({
    request: v.object({
      task: v.string(),
      runner: v.string(),
      dir: v.string(),
      name: text,
      model: text,
      provider: text,
      session_id: text,
      labels: v.exactOptional(v.record(v.string(), v.string())),
      args: list,
      parent: text,
      options: anything,
      notes: anything,
    }),
    options: v.object({ id: v.exactOptional(id), timeout: v.exactOptional(duration), envNames: list }),
    caller,
    plugins,
  }),
  resume: v.object({ id, options: v.object({ dir: text, text, force: flag, request: text }), caller, plugins }),
  send: v.object({ id, text: v.string(), options: v.object({ message: text, now: flag, queue: flag }), caller }),
  stop: v.object({ id, options: v.object({ grace: v.exactOptional(duration), by: text }) }),
  remove: v.object({ id, options: v.object({ force: flag, by: text }) }),
  archive: v.object({ id }),
  unarchive: v.object({ id }),
  cancel: v.object({ id, by: v.string() }),
  answer: v.object({ id, answer: v.object({ request: v.string(), allow: v.boolean(), reason: text }) }),
  show: v.object({ id }),
};

export const isMethod = (method: string): method is Method => Object.hasOwn(PARAMS, method);

/** Throws SkepError "protocol" with what is wrong. */
export function parseParams<M extends Method>(method: M, params: unknown): Requests[M] {
  const schema: Schema<M> = PARAMS[method];
  const parsed = v.safeParse(schema, params);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new SkepError("protocol", `${method}: ${v.getDotPath(issue) ?? "its parameters"}: ${issue.message}`);
}

export interface Hello {
  readonly protocol: number;
  readonly version: string;
  readonly pid: number;
  readonly since: string;
}

/** What the supervisor answers. Throws SkepError "protocol" for anything else. */
export const parseHello = (value: unknown): Hello => parseAnswer(helloSchema, value);
export const parseSnapshot = (value: unknown): Snapshot => parseAnswer(snapshotSchema, value);
export const parseDetail = (value: unknown): Detail => parseAnswer(detailSchema, value);
export const parseSent = (value: unknown): { readonly message: string } => parseAnswer(sentSchema, value);
export const parseChange = (value: unknown): Change => parseAnswer(changeSchema, value);

const helloSchema: v.GenericSchema<unknown, Hello> = v.object({
  protocol: v.number(),
  version: v.string(),
  pid: v.number(),
  since: v.string(),
});
const sentSchema = v.object({ message: v.string() });
const changeSchema: v.GenericSchema<unknown, Change> = v.variant("change", [
  v.object({ change: v.literal("set"), agent: snapshotSchema }),
  v.object({ change: v.literal("removed"), id: v.string() }),
]);

function parseAnswer<T>(schema: v.GenericSchema<unknown, T>, value: unknown): T {
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new SkepError(
    "protocol",
    `the supervisor's answer is not understood: ${v.getDotPath(issue) ?? "it"}: ${issue.message}`,
  );
}

export interface Frame {
  readonly jsonrpc: "2.0";
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}
const frame: v.GenericSchema<unknown, Frame> = v.object({
  jsonrpc: v.literal("2.0"),
  id: v.exactOptional(v.union([v.number(), v.string()])),
  method: v.exactOptional(v.string()),
  params: v.exactOptional(v.unknown()),
  result: v.exactOptional(v.unknown()),
  error: v.exactOptional(v.object({ code: v.number(), message: v.string(), data: v.exactOptional(v.unknown()) })),
});

/** Reads one line of the socket. Throws SkepError "protocol". */
export function parseFrame(line: string): Frame {
  try {
    if (isDeep(line)) throw new RangeError("it is nested too deep");
    return v.parse(frame, JSON.parse(line));
  } catch (cause) {
    throw new SkepError("protocol", "what came over the socket is no request of ours", { cause });
  }
}

/** Whether brackets are nested deeper than anything of ours: a stack has an end. Those in strings do not count. */
function isDeep(json: string): boolean {
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const char = json.charCodeAt(at);
    if (char === QUOTE) at = endOfString(json, at);
    else if (char === 0x5b || char === 0x7b) depth += 1;
    else if (char === 0x5d || char === 0x7d) depth -= 1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}
const MAX_DEPTH = 128;
const QUOTE = 0x22;

function endOfString(json: string, from: number): number {
  for (let end = json.indexOf('"', from + 1); end !== -1; end = json.indexOf('"', end + 1)) {
    let before = end;
    while (json[before - 1] === "\\") before -= 1;
    if ((end - before) % 2 === 0) return end;
  }
  return json.length;
}

export const formatFrame = (value: Omit<Frame, "jsonrpc">): string =>
  `${JSON.stringify({ jsonrpc: "2.0", ...value })}\n`;

const MAX_WORDS = 10_000; // characters of an error: it may repeat what it is about

/** An error as it travels: the SkepError's own code stands in `data`. */
export function formatError(error: unknown): NonNullable<Frame["error"]> {
  const known =
    error instanceof SkepError
      ? error
      : new SkepError("io", error instanceof Error ? error.message : String(error), { cause: error });
  return { code: -32_000, message: known.message.slice(0, MAX_WORDS), data: { code: known.code, hint: known.hint } };
}

const errorData = v.object({ code: v.string(), hint: v.optional(v.string()) });
export function parseError(error: NonNullable<Frame["error"]>): SkepError {
  const data = v.safeParse(errorData, error.data);
  if (!data.success) return new SkepError("protocol", error.message);
  const { code, hint } = data.output;
  return new SkepError(isErrorCode(code) ? code : "protocol", error.message, { hint });
}

/**
 * Splits what comes over a socket into lines; each call gives the bytes of one that has not ended. Throws SkepError
 * "protocol" when one grows beyond the limit.
 */
export function makeLineSplitter(limit: number, visit: (line: string) => void): (chunk: Buffer) => number {
  let parts: Buffer[] = [];
  let held = 0;
  return (chunk) => {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      const line = Buffer.concat([...parts, chunk.subarray(start, end)]).toString("utf8");
      parts = [];
      held = 0;
      start = end + 1;
      if (line.trim() !== "") visit(line);
    }
    const left = chunk.subarray(start);
    held += left.length;
    if (held > limit) throw new SkepError("protocol", `a request has more than ${limit} bytes`);
    if (left.length > 0) parts.push(left);
    return held;
  };
}
