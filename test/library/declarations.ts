/** The declarations that the package ships, read as text: what an entry exports, and what is said about it. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path/posix";

export interface Exported {
  readonly name: string;
  readonly doc: boolean;
  /** Members of an interface that are numbers and have no docstring: nobody can tell their unit. */
  readonly bare: readonly string[];
}

const DECLARED = /^export (?:declare )?(interface|type|class|function|const) (\w+)/;
const NAMED = /^export (?:type )?\{([^}]*)\} from "([^"]+)";/gm;
const ALL = /^export \* from "([^"]+)";/gm;
const MEMBER = /^ {4}(\/\*\* .* \*\/ )?(?:readonly )?(\w+)\??: number;/;

/** What one file declares for others. */
function declaredIn(path: string): Exported[] {
  const found: { name: string; doc: boolean; bare: string[] }[] = [];
  let kind = "";
  let before = "";
  for (const line of readFileSync(path, "utf8").split("\n")) {
    const [, started = kind, name] = DECLARED.exec(line) ?? [];
    kind = started;
    if (name !== undefined) found.push({ name, doc: before.endsWith("*/"), bare: [] });
    const [, doc, member] = MEMBER.exec(line) ?? [];
    if (kind === "interface" && member !== undefined && doc === undefined && !before.endsWith("*/"))
      found.at(-1)?.bare.push(member);
    before = line;
  }
  return found;
}

/** What the entry exports, in the order of their names. */
export function exportsOf(entry: string): Exported[] {
  const text = readFileSync(entry, "utf8");
  const fileOf = (from: string): string => join(dirname(entry), from.replace(/\.ts$/, ".d.ts"));
  const named = [...text.matchAll(NAMED)].flatMap(([, names = "", from = ""]) => {
    const declared = declaredIn(fileOf(from));
    return names.split(",").flatMap((one) => {
      const name = one.trim().replace(/^type /, "");
      if (name === "") return [];
      return declared.find((other) => other.name === name) ?? { name, doc: false, bare: ["it is declared nowhere"] };
    });
  });
  const all = [...text.matchAll(ALL)].flatMap(([, from = ""]) => declaredIn(fileOf(from)));
  return [...named, ...all].sort((a, b) => (a.name < b.name ? -1 : 1));
}
