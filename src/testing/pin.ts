/** The pinned state of a transcript: what it came to when somebody last looked, in a file beside it. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import * as v from "valibot";
import { foldTranscript, type TranscriptFold } from "../core/fold-transcript.ts";
import { linesOf } from "../core/transcript.ts";
import { cannotRead, reasonOf } from "../errors.ts";
import type { PluginSet } from "../swarm/load-plugins.ts";
import type { Environment, Snapshot } from "../types.ts";
import type { Transcript } from "./transcript-file.ts";

/** `state` is the snapshot without what a transcript does not tell. */
export interface Pin {
  readonly state: Readonly<Record<string, unknown>>;
  readonly transcript: readonly string[];
}
export interface Folded {
  readonly snapshot: Snapshot;
  readonly pin: Pin;
}

const pinSchema: v.GenericSchema<unknown, Pin> = v.object({
  state: v.record(v.string(), v.unknown()),
  transcript: v.array(v.string()),
});
const exitSchema = v.object({ exit_code: v.number() });

export const pinPath = (transcript: string): string => `${transcript}.expected.json`;

/** `undefined` when there is none. Throws SkepError "usage" when it is no pin. */
export function readPin(transcript: string): Pin | undefined {
  const path = pinPath(transcript);
  if (!existsSync(path)) return undefined;
  try {
    return v.parse(pinSchema, JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    throw cannotRead(path, reasonOf(error));
  }
}

export function writePin(transcript: string, pin: Pin): void {
  writeFileSync(pinPath(transcript), `${JSON.stringify(pin, undefined, 2)}\n`);
}

/** The exit code that the pinned run ended with; `undefined`: it lives. */
export function exitOf(pin: Pin | undefined): number | undefined {
  const parsed = v.safeParse(exitSchema, pin?.state);
  return parsed.success ? parsed.output.exit_code : undefined;
}

/** Folds lines as if one run of this runner had printed them and ended so. Throws what `plugins.runner` throws. */
export async function foldFor(
  plugins: PluginSet,
  runner: string,
  { lines }: Pick<Transcript, "lines">,
  code?: number,
  env?: Environment,
): Promise<Folded> {
  const { turns, output = "events", verdict } = await plugins.runner(runner, env);
  const fold: TranscriptFold = { handlers: await plugins.handlers(runner), turns, output, verdict };
  const { snapshot, state } = foldTranscript(lines, fold, code === undefined ? undefined : { code });
  const { id: _i, handle: _h, task: _k, dir: _d, started: _s, runner: _r, tail: _t, ...told } = snapshot;
  return { snapshot: { ...snapshot, runner }, pin: { state: told, transcript: linesOf(state.transcript) } };
}

const MOST = 20;

/** A line for each value that is not as it was pinned, by its place; no line: all is. */
export function differences(pinned: Pin, now: Pin): readonly string[] {
  const found = [...compare("", pinned, now)];
  return found.length <= MOST ? found : [...found.slice(0, MOST), `… and ${found.length - MOST} more`];
}

function* compare(place: string, before: unknown, after: unknown): Generator<string> {
  const [keys, later] = [keysOf(before), keysOf(after)];
  if (keys === undefined || later === undefined || Array.isArray(before) !== Array.isArray(after)) {
    const [was, is] = [JSON.stringify(before), JSON.stringify(after)];
    if (was !== is) yield `${place}: ${was ?? "nothing"} was pinned, it is ${is ?? "nothing"}`;
    return;
  }
  for (const key of new Set([...keys.keys(), ...later.keys()]))
    yield* compare(place === "" ? key : `${place}.${key}`, keys.get(key), later.get(key));
}

const keysOf = (value: unknown): ReadonlyMap<string, unknown> | undefined =>
  typeof value === "object" && value !== null ? new Map(Object.entries(value)) : undefined;
