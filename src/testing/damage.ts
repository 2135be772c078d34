/** Damages lines, the same way on every runtime: a cut, a flipped bit; in JSON a value of another kind, two values swapped. */

export type Random = (below: number) => number;

/** mulberry32. */
export function seeded(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** `count` damaged lines. A kind of line that came once is damaged as often as one that came a hundred times. */
export function damage(lines: readonly string[], count: number, random: Random): readonly string[] {
  const kinds = byShape(lines.filter((line) => line !== ""));
  return Array.from({ length: count }, () => {
    const line = pick(random, pick(random, kinds));
    return pick(random, placesIn(parse(line)).length > 0 ? OF_JSON : OF_TEXT)(line, random);
  });
}

function pick<T>(random: Random, from: readonly T[]): T {
  const found = from[random(from.length)];
  if (found === undefined) throw new RangeError("there is nothing to damage");
  return found;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // a line of text
  }
}

/** Lines with the same keys, down to the third level. */
function byShape(lines: readonly string[]): readonly (readonly string[])[] {
  const groups = new Map<string, string[]>();
  for (const line of lines) {
    const key = shapeOf(parse(line), 3);
    groups.set(key, [...(groups.get(key) ?? []), line]);
  }
  return [...groups.values()];
}
const shapeOf = (value: unknown, depth: number): string =>
  depth === 0
    ? ""
    : `{${placesIn(value)
        .map((place) => place[1] + shapeOf(valueAt(place), depth - 1))
        .join(",")}}`;

/** An object or an array, and one of its keys. */
type Place = readonly [holder: object, key: string];
const placesIn = (value: unknown): readonly Place[] =>
  typeof value === "object" && value !== null ? Object.keys(value).map((key) => [value, key]) : [];
const valueAt = ([holder, key]: Place): unknown => Reflect.get(holder, key);
const put = ([holder, key]: Place, value: unknown): boolean => Reflect.set(holder, key, value);

/** A place on the way down from the root: what a handler reads lies near it, long lists of tools and models do not. */
function placeIn(value: unknown, random: Random): Place {
  const place = pick(random, placesIn(value));
  const inner = valueAt(place);
  return random(4) === 0 || placesIn(inner).length === 0 ? place : placeIn(inner, random);
}

type Mutation = (line: string, random: Random) => string;

const cut: Mutation = (line, random) => line.slice(0, random(line.length));

const flip: Mutation = (line, random) => {
  const at = random(line.length);
  return line.slice(0, at) + String.fromCharCode(line.charCodeAt(at) ^ (1 << random(8))) + line.slice(at + 1);
};

const STRANGE = [
  ["null", "true", "0", "-1", "7", "1e300", '""', '"x"', String.raw`"\u0000\n"`, "[]", '["x"]', "[null]", "[[]]", "{}"],
  ['{"length":-1}', '{"toString":1,"valueOf":1}', '{"__proto__":{"text":"x"}}', '[{"type":"text","text":7}]'],
].flat();
const retype: Mutation = (line, random) => {
  const root: unknown = JSON.parse(line);
  put(placeIn(root, random), JSON.parse(pick(random, STRANGE)));
  return JSON.stringify(root);
};

const swap: Mutation = (line, random) => {
  const root: unknown = JSON.parse(line);
  const [one, other] = [placeIn(root, random), placeIn(root, random)];
  const [first, second] = [structuredClone(valueAt(one)), structuredClone(valueAt(other))]; // none comes to hold itself
  put(one, second);
  put(other, first);
  return JSON.stringify(root);
};

const OF_TEXT: readonly Mutation[] = [cut, flip];
const OF_JSON: readonly Mutation[] = [cut, flip, retype, retype, swap];
