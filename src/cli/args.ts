/** argv -> verb, positionals, options. Words stay the text they are: an id may look like a number, and "-" is one. */
import { nearest } from "../core/nearest.ts";
import {
  missingArgument,
  missingValue,
  unexpectedArgument,
  unexpectedValue,
  unknownFlag,
  unknownName,
  unknownVerb,
} from "../errors.ts";
import type { CommandSpec, FlagSpec } from "./command.ts";

export interface ParsedArgs {
  readonly command: CommandSpec | undefined; // undefined: no verb was given
  readonly positionals: readonly string[];
  readonly options: Options;
  readonly rest: readonly string[]; // what stands after the first "--", untouched; for verbs that take such
}
/** The flags that were given, by their long names. A name that the verb does not declare is a fault of the program: RangeError. */
export interface Options {
  has(name: string): boolean;
  /** The last value given. */
  value(name: string): string | undefined;
  values(name: string): readonly string[];
}

/** Throws SkepError "usage" for what the table does not declare. After `--help` and `--version` arguments may be missing. */
export function parseArgs(
  argv: readonly string[],
  commands: readonly CommandSpec[],
  globals: readonly FlagSpec[],
): ParsedArgs {
  const end = argv.indexOf("--");
  const { command, tokens } = findCommand(end === -1 ? argv : argv.slice(0, end), commands, globals);
  const after = end === -1 ? [] : argv.slice(end + 1);
  const { words, options } = sortTokens(tokens, [...globals, ...(command?.flags ?? [])], command);
  const apart = command?.rest !== undefined;
  const positionals = apart ? words : [...words, ...after];
  if (command !== undefined && !options.has("help") && !options.has("version")) checkArguments(command, positionals);
  return { command, positionals, options, rest: apart ? after : [] };
}

/** Takes the verb, one word or two, out of the words: the first ones that are no value of a global flag. */
function findCommand(
  words: readonly string[],
  commands: readonly CommandSpec[],
  globals: readonly FlagSpec[],
): { readonly command: CommandSpec | undefined; readonly tokens: readonly string[] } {
  const first = nextWord(words, 0, globals);
  const verb = words[first];
  if (verb === undefined) return { command: undefined, tokens: words };
  if (isFlag(verb)) throw flagUnknown(verb, globals, undefined);
  const named = (name: string): CommandSpec | undefined => commands.find((command) => command.name === name);
  const shown = commands.filter(({ hidden }) => hidden !== true);
  const group = shown.filter(({ name }) => name.startsWith(`${verb} `)).map(({ name }) => name);
  const second = group.length === 0 ? -1 : nextWord(words, first + 1, globals);
  const subverb = words[second];
  if (subverb !== undefined && !isFlag(subverb)) {
    const name = `${verb} ${subverb}`;
    const command = named(name);
    if (command === undefined) throw unknownName("verb", name, group, nearest(name, group));
    return { command, tokens: words.filter((_, at) => at !== first && at !== second) };
  }
  const command = named(verb) ?? commands.find(({ alias }) => alias === verb);
  if (command === undefined) throw verbUnknown(verb, group, shown);
  return { command, tokens: words.filter((_, at) => at !== first) };
}

function verbUnknown(verb: string, group: readonly string[], commands: readonly CommandSpec[]): Error {
  if (group.length > 0) return unknownName("verb", verb, group, undefined);
  const same = commands.find(({ also }) => also?.includes(verb) === true)?.name;
  const firstWords = commands.map(({ name }) => name.replace(/ .*/, ""));
  return unknownVerb(verb, same ?? nearest(verb, firstWords));
}

/** Index of the first word from `at` on that is no global flag or its value: a word, or a flag of another kind. */
function nextWord(words: readonly string[], at: number, globals: readonly FlagSpec[]): number {
  for (let word = words[at]; word !== undefined && isFlag(word); word = words[at]) {
    const [last] = flagsOf(word, globals).slice(-1);
    if (last === undefined) return at;
    at += last.flag.value !== undefined && last.value === undefined ? 2 : 1;
  }
  return at;
}

const isFlag = (token: string): boolean => token.startsWith("-") && token !== "-";

interface GivenFlag {
  readonly flag: FlagSpec;
  readonly value: string | undefined;
}
/** `--name`, `--name=value`, `-a`, `-abc`, `-n5` as the flags they name; none if one of them is unknown. */
function flagsOf(token: string, flags: readonly FlagSpec[]): readonly GivenFlag[] {
  const long = /^--([^=]+)(?:=([^]*))?$/.exec(token);
  if (long !== null) {
    const flag = flags.find(({ name }) => name === long[1]);
    return flag === undefined ? [] : [{ flag, value: long[2] }];
  }
  const given: GivenFlag[] = [];
  for (let at = 1; at < token.length; at++) {
    const flag = flags.find(({ short }) => short === token[at]);
    if (flag === undefined) return [];
    const after = token.slice(at + 1);
    const ends = flag.value === undefined ? after.startsWith("=") : after !== "";
    given.push({ flag, value: ends ? after.replace(/^=/, "") : undefined });
    if (ends) break;
  }
  return given;
}

/** What is neither a flag nor its value is a word. A switch that was given has one empty value. */
function sortTokens(
  tokens: readonly string[],
  flags: readonly FlagSpec[],
  command: CommandSpec | undefined,
): { readonly words: readonly string[]; readonly options: Options } {
  const words: string[] = [];
  const found = new Map(flags.map(({ name }): [string, string[]] => [name, []]));
  const left = tokens.values();
  for (const token of left) {
    if (!isFlag(token)) {
      words.push(token);
      continue;
    }
    const given = flagsOf(token, flags);
    if (given.length === 0) throw flagUnknown(token, flags, command);
    for (const { flag, value } of given) found.get(flag.name)?.push(valueOf(flag, value, left));
  }
  const values = (name: string): readonly string[] => {
    const list = found.get(name);
    if (list === undefined) throw new RangeError(`the flag --${name} is not declared`);
    return list;
  };
  return { words, options: { values, value: (name) => values(name).at(-1), has: (name) => values(name).length > 0 } };
}

/** A flag's value: what stands behind its "=", else the next word. */
function valueOf({ name, value }: FlagSpec, given: string | undefined, left: Iterator<string>): string {
  if (value === undefined && given !== undefined) throw unexpectedValue(name);
  if (value === undefined || given !== undefined) return given ?? "";
  const next = left.next();
  if (next.done === true || isFlag(next.value)) throw missingValue(name, value);
  return next.value;
}

function flagUnknown(token: string, flags: readonly FlagSpec[], command: CommandSpec | undefined): Error {
  const name = token.replace(/=[^]*/, "");
  const names = flags.map((flag) => `--${flag.name}`);
  return unknownFlag(command?.name, name, nearest(name, names));
}

function checkArguments({ name, args }: CommandSpec, given: readonly string[]): void {
  const declared = [...args.matchAll(/([<[])([^\]>…]*)(…?)/g)].map(([, bracket, value = "", more]) => ({
    value,
    isRequired: bracket === "<",
    isLast: more === "",
  }));
  const missing = declared[given.length];
  if (missing?.isRequired === true) throw missingArgument(name, missing.value);
  const extra = given[declared.length];
  if (extra !== undefined && declared.at(-1)?.isLast !== false) throw unexpectedArgument(name, extra);
}
