/** Which bytes become what. Every mutant is told by a few numbers, so that one that failed can be made again. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { seeded } from "../stage.ts";
import type { Victim } from "./victims.ts";

const KINDS = ["cut", "nul tail", "nul hole", "garbage", "doubled"] as const;

export interface Mutant {
  readonly victim: Victim;
  readonly file: string; // from the agent's folder
  readonly kind: (typeof KINDS)[number];
  readonly at: number; // the first byte that is not what it was
  readonly seed: number;
}

/** Every cut there is comes first, as far as `count` goes; the other kinds fill it up, by chance. */
export function listMutants(victims: readonly Victim[], count: number, next: () => number): Mutant[] {
  const places = victims.flatMap((victim) =>
    victim.files.flatMap((file) => {
      const { length } = readFileSync(join(victim.folder, file));
      return Array.from({ length }, (_, at) => ({ victim, file, at }));
    }),
  );
  const seed = (): number => Math.floor(next() * 1e9);
  const cuts = places.map((place) => ({ ...place, kind: "cut" as const, seed: seed() }));
  const shuffled = shuffle(cuts, next);
  const all: Mutant[] = shuffled.slice(0, count <= cuts.length ? Math.ceil(count / KINDS.length) : cuts.length);
  const others = KINDS.filter((kind) => kind !== "cut");
  while (all.length < count) {
    // A file is as likely as another: the log has most of the bytes, and not most of the meaning.
    const victim = pick(victims, next);
    const file = pick(victim.files, next);
    const ofFile = places.filter((place) => place.victim === victim && place.file === file);
    all.push({ ...pick(ofFile, next), kind: pick(others, next), seed: seed() });
  }
  return all;
}

function pick<T>(from: readonly T[], next: () => number): T {
  const found = from[Math.min(from.length - 1, Math.floor(next() * from.length))];
  if (found === undefined) throw new Error("nothing to pick from");
  return found;
}

function shuffle<T>(list: readonly T[], next: () => number): T[] {
  return list
    .map((value) => ({ value, key: next() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ value }) => value);
}

export function makeMutant({ kind, at, seed }: Mutant, whole: Buffer): Buffer {
  const next = seeded(seed);
  const head = whole.subarray(0, at);
  switch (kind) {
    case "cut":
      return Buffer.from(head);
    case "nul tail":
      return Buffer.concat([head, Buffer.alloc(Math.ceil(next() * 600))]);
    case "nul hole": {
      const size = Math.min(whole.length - at, 1 + Math.floor(next() * 512));
      return Buffer.concat([head, Buffer.alloc(size), whole.subarray(at + size)]);
    }
    case "garbage":
      return Buffer.concat([head, garbage(next)]);
    case "doubled": {
      const tail = whole.subarray(at);
      return Buffer.concat([whole, tail.toString("latin1").trim() === "" ? whole : tail]); // a blank is no damage
    }
  }
}

/** No digits and no letters: what reads as another value of the same kind is no damage that anybody could see. */
function garbage(next: () => number): Buffer {
  const signs = Buffer.from('{}[]",:\n \\\t\r\0\u007f');
  return Buffer.from(
    Array.from({ length: 1 + Math.floor(next() * 80) }, () =>
      next() < 0.4 ? (signs[Math.floor(next() * signs.length)] ?? 10) : 128 + Math.floor(next() * 128),
    ),
  );
}
