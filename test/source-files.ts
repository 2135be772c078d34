import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path/posix";

/** The TypeScript files below a folder of the repository, by their paths from its root. */
export function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return sourceFiles(path);
      return path.endsWith(".ts") ? [path] : [];
    })
    .toSorted();
}

const COMMENT_OR_STRING = /\/\*[^]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g;

/** What a file says in code: its comments are gone and its strings are empty. */
export function readCode(path: string): string {
  return readFileSync(path, "utf8").replace(COMMENT_OR_STRING, (found) => (found.startsWith("/") ? " " : '""'));
}
