/** Takes out of a text what it tells of the machine and the person it was made by, and every secret that can be known. */
import { hostname, tmpdir, userInfo } from "node:os";
import { realPath } from "../disk.ts";
import type { Environment } from "../types.ts";

export interface Machine {
  readonly paths: readonly Instead[]; // a path takes those below it along
  readonly names: readonly Instead[]; // whole words
  readonly secrets: readonly string[];
}
export type Instead = readonly [text: string, instead: string];

const REDACTED = "REDACTED";
const SECRET_NAME = /KEY|TOKEN|SECRET|PASSW|CREDENTIAL/i;
const SECRET_LENGTH = 6; // a shorter value would be found in innocent words
const NAME_LENGTH = 3;
const NAMES_OF_ALL: readonly string[] = ["root", "user", "host", "localhost"];
/** Keys by their looks: of model providers, GitHub, Slack, AWS, Google; JSON web tokens; what stands behind Bearer. */
const KEYS: readonly RegExp[] = [
  /\bsk-[\w-]{16,}/g,
  /\b(?:gh[pousr]_|github_pat_)\w{20,}/g,
  /\bxox[abeprs]-[\w-]{10,}/g,
  /\bAKIA[0-9A-Z]{16}\b/g,
  /\bAIza[\w-]{30,}/g,
  /\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]+/g,
  /(?<=\bBearer )[\w.~+/-]{16,}=*/gi,
];

/** This machine, for a run in this folder and root. `named`: further variables whose values are nobody's business. */
export function thisMachine(env: Environment, dir: string, root: string, named: readonly string[] = []): Machine {
  const { username = "", homedir = "" } = userOfSystem();
  const paths: readonly Instead[] = [
    [root, "/state"],
    [dir, "/home/user/project"],
    [env["HOME"] ?? "", "/home/user"],
    [homedir, "/home/user"],
    [tmpdir(), "/tmp"],
  ];
  return {
    paths: paths.flatMap(([path, instead]): readonly Instead[] => [
      [path, instead],
      [realPath(path), instead],
    ]),
    names: [
      [env["USER"] ?? "", "user"],
      [username, "user"],
      [hostname(), "host"],
      [hostname().replace(/\..*/, ""), "host"],
    ],
    secrets: Object.entries(env).flatMap(([name, value = ""]) =>
      SECRET_NAME.test(name) || named.includes(name) ? [value] : [],
    ),
  };
}

function userOfSystem(): { readonly username?: string; readonly homedir?: string } {
  try {
    return userInfo();
  } catch {
    return {}; // it has no name for this id
  }
}

/** JSON stays JSON: what is put in needs no escapes. */
export function scrub(text: string, { paths, names, secrets }: Machine): string {
  const long = paths.filter(([path]) => path.length > 1);
  // Some agents make names of paths: /home/al/dev is -home-al-dev.
  const dashed = long
    .filter(([path]) => path.indexOf("/", 1) > 0)
    .map(([path, instead]): Instead => [path.replaceAll(/[/._]/g, "-"), instead.replaceAll("/", "-")]);
  // Others tell it from the root on, without its slash.
  const bare = long
    .filter(([path]) => path.indexOf("/", 1) > 0)
    .map(([path, instead]): Instead => [path.slice(1), instead.slice(1)]);
  const known = [
    ...secrets.filter((value) => value.length >= SECRET_LENGTH).flatMap(formsOf),
    ...[...long, ...dashed, ...bare].map(([path, instead]) => ({
      wanted: path,
      pattern: `${escape(path)}(?![\\w-])`,
      instead,
    })),
    ...names
      .filter(([name]) => name.length >= NAME_LENGTH && !NAMES_OF_ALL.includes(name))
      .map(([name, instead]) => ({ wanted: name, pattern: `(?<!\\w)${escape(name)}(?!\\w)`, instead })),
  ].toSorted((a, b) => b.wanted.length - a.wanted.length);
  // All at once, so that nothing is found in what was put in.
  const insteadOf = new Map(known.map(({ wanted, instead }) => [wanted, instead]));
  const pattern = known.map((one) => one.pattern).join("|");
  const clean =
    pattern === "" ? text : text.replace(new RegExp(pattern, "g"), (found) => insteadOf.get(found) ?? REDACTED);
  return KEYS.reduce((result, key) => result.replace(key, REDACTED), clean);
}

/** As it is, and as JSON writes it. */
const formsOf = (secret: string): { wanted: string; pattern: string; instead: string }[] =>
  [secret, JSON.stringify(secret).slice(1, -1)].map((wanted) => ({
    wanted,
    pattern: escape(wanted),
    instead: REDACTED,
  }));

const escape = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
