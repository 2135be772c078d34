/** What the value of a flag means. Each throws SkepError "usage" for one that means nothing, naming the flag. */
import { parseDuration } from "../core/duration.ts";
import { nearest } from "../core/nearest.ts";
import { badValue, unknownName } from "../errors.ts";
import type { Options } from "./args.ts";

/** Milliseconds. */
export function durationOf(options: Options, name: string): number | undefined {
  const text = options.value(name);
  if (text === undefined) return undefined;
  const duration = parseDuration(text);
  if (duration === undefined) throw badValue(name, text, "a duration such as 500ms, 10s, 30m, 2h or 7d");
  return duration;
}

/** A whole number, 0 or more. */
export function countOf(options: Options, name: string): number | undefined {
  const text = options.value(name);
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw badValue(name, text, "a whole number");
  return Number(text);
}

/** Every `k=v` that was given; the last of equal keys counts. */
export function labelsOf(options: Options, name = "label"): ReadonlyMap<string, string> {
  return new Map(
    options.values(name).map((text): [string, string] => {
      const at = text.indexOf("=");
      if (at < 1) throw badValue(name, text, "a label such as team=red");
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

/** Words of a closed set, given with commas between them or one by one; undefined when the flag was not given. */
export function choicesOf<T extends string>(
  options: Options,
  name: string,
  known: readonly T[],
): readonly T[] | undefined {
  if (!options.has(name)) return undefined;
  return options.values(name).flatMap((text) => text.split(",").map((word) => choice(name, word, known)));
}

export function choiceOf<T extends string>(options: Options, name: string, known: readonly T[]): T | undefined {
  const word = options.value(name);
  return word === undefined ? undefined : choice(name, word, known);
}

function choice<T extends string>(name: string, word: string, known: readonly T[]): T {
  const found = known.find((one) => one === word);
  if (found === undefined) throw unknownName(name, word, known, nearest(word, known));
  return found;
}
