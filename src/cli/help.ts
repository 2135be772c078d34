/** The help, made from the table of verbs, so that it cannot say anything else than what is parsed. Plain text for stdout. */
import type { CommandSpec, FlagSpec } from "./command.ts";
import { EXIT_MEANINGS } from "./exit-codes.ts";

const WIDTH = 80;
const MAX_LEFT = 23; // what is longer stands on a line of its own
const INTRODUCTION = "skep keeps a swarm of CLI agents: it starts them, watches them and resumes what was cut off.";
const EXAMPLES = [
  'skep spawn "fix the lint errors"        start an agent; prints its id',
  "skep spawn -- npm test                  any command is an agent",
  "skep ls                                 who is there, and who waits",
  "skep logs -f @last                      what the newest one does",
  'skep send a1b2c3 "also the tests"       the next prompt, by handle',
  "skep resume --status detached           take up what was cut off",
];
const PHASES: Rows = [
  ["working", "a turn is open, or a message waits to be delivered"],
  ["waiting", "for a person: an approval or an answer"],
  ["idle", "alive, with nothing to do"],
  ["ended", "no process; status says how: done, failed, killed, detached"],
];

const WHICH =
  "<which> is an id, a handle (its last six characters), a unique prefix of either, or @last, the newest agent.";

type Rows = readonly (readonly [left: string, right: string])[];

/** `skep` alone: what there is. */
export function briefHelp(commands: readonly CommandSpec[]): string {
  return join([
    wrap(INTRODUCTION, WIDTH).join("\n"),
    section("Verbs", verbs(commands)),
    "skep --help explains more, skep <verb> --help one verb.",
  ]);
}

/** `skep --help`. */
export function fullHelp(commands: readonly CommandSpec[], globals: readonly FlagSpec[]): string {
  return join([
    wrap(INTRODUCTION, WIDTH).join("\n"),
    lines("Examples", EXAMPLES),
    section("Verbs", verbs(commands)),
    wrap(WHICH, WIDTH).join("\n"),
    section("Flags of every verb", flagRows(globals)),
    section("Phases", PHASES),
    section(
      "Exit codes",
      EXIT_MEANINGS.map(([code, meaning]) => [String(code), meaning]),
    ),
  ]);
}

/** `skep <verb> --help`; of a verb of two words also which other ones there are. */
export function verbHelp(
  command: CommandSpec,
  globals: readonly FlagSpec[],
  commands: readonly CommandSpec[] = [],
): string {
  const [group = "", second] = command.name.split(" ");
  const siblings = commands.filter(({ name }) => name.startsWith(`${group} `) && name !== command.name);
  const usage = [
    `skep ${command.name}`,
    command.args,
    command.flags.length > 0 ? "[flags]" : "",
    command.rest === undefined ? "" : `[-- ${command.rest}]`,
  ];
  return join([
    `${usage.filter((part) => part !== "").join(" ")}\n  ${command.summary}`,
    lines("Examples", command.examples ?? []),
    command.args.includes("which") ? wrap(WHICH, WIDTH).join("\n") : "",
    section("Flags", flagRows(command.flags)),
    second === undefined ? "" : section("See also", verbs(siblings)),
    section("Flags of every verb", flagRows(globals)),
  ]);
}

const verbs = (commands: readonly CommandSpec[]): Rows =>
  commands.map(({ name, args, summary }) => [`${name} ${args}`.trimEnd(), summary]);

const flagRows = (flags: readonly FlagSpec[]): Rows =>
  flags.map(({ name, short, value, many, summary }) => [
    `${short === undefined ? "    " : `-${short}, `}--${name}${value === undefined ? "" : ` <${value}>`}`,
    `${summary}${many === true ? " (repeatable)" : ""}`,
  ]);

function section(title: string, rows: Rows): string {
  const width = Math.min(MAX_LEFT, Math.max(0, ...rows.map(([left]) => left.length)));
  const aRow = ([left, right]: Rows[number]): readonly string[] => {
    const texts = wrap(right, WIDTH - width - 4);
    const [first = "", ...more] = left.length > width ? ["", ...texts] : texts;
    return [`${left.padEnd(width)}  ${first}`.trimEnd(), ...more.map((text) => " ".repeat(width + 2) + text)];
  };
  return lines(title, rows.flatMap(aRow));
}

/** Broken at blanks into lines of at most `width` characters; a longer word stays whole. */
function wrap(text: string, width: number): readonly string[] {
  const broken: string[] = [];
  for (const word of text.split(" ")) {
    const last = broken.at(-1);
    if (last === undefined || last.length + word.length + 1 > width) broken.push(word);
    else broken[broken.length - 1] = `${last} ${word}`;
  }
  return broken;
}

const lines = (title: string, texts: readonly string[]): string =>
  texts.length === 0 ? "" : [`${title}:`, ...texts.map((text) => `  ${text}`)].join("\n");

const join = (parts: readonly string[]): string => `${parts.filter((part) => part !== "").join("\n\n")}\n`;
