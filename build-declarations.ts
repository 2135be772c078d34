/**
 * Writes `dist/types`: what a program that imports skep is told by its editor and its compiler, and no more.
 *
 * The source says what a member is behind it (`readonly timeout?: number; // ms`), so that an interface reads as a table. tsc
 * drops such comments, so it is given a copy in which they are docstrings. What no entry leads to is taken away again.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path/posix";

const COPY = ".cache/declarations";
const OUT = "dist/types";
const ENTRIES = ["src/index.d.ts", "src/testing.d.ts"];

/** A member of an interface or of a union, and what is said behind it. */
const MEMBER = /^(\s+)((?:readonly )?["\w][\w:"]*\??[:(].*;) \/\/ (.+)$/gm;
const BRANCH = /^(\s+\| )(\{.*\};?) \/\/ (.+)$/gm;
const documented = (source: string): string =>
  source.replace(MEMBER, "$1/** $3 */ $2").replace(BRANCH, "$1/** $3 */ $2");

const IMPORTED = /(?:from |import\()"(\.[^"]*)\.ts"/g;
function reach(path: string, found: Set<string>): Set<string> {
  if (found.has(path)) return found;
  found.add(path);
  for (const [, to = ""] of readFileSync(join(OUT, path), "utf8").matchAll(IMPORTED))
    reach(`${join(dirname(path), to)}.d.ts`, found);
  return found;
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8", withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
  );

export function buildDeclarations(): void {
  for (const folder of [COPY, OUT]) rmSync(folder, { recursive: true, force: true });
  mkdirSync(COPY, { recursive: true });
  for (const config of ["tsconfig.json", "tsconfig.dts.json"]) cpSync(config, join(COPY, config));
  for (const path of ["src", "plugins"].flatMap(filesIn)) {
    mkdirSync(dirname(join(COPY, path)), { recursive: true });
    writeFileSync(join(COPY, path), documented(readFileSync(path, "utf8")));
  }
  const args = ["-p", join(COPY, "tsconfig.dts.json"), "--outDir", OUT];
  const { status } = spawnSync("node_modules/.bin/tsc", args, { stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) throw new Error("tsc could not write the declarations");
  const wanted = ENTRIES.reduce((found, path) => reach(path, found), new Set<string>());
  for (const path of filesIn(OUT)) if (!wanted.has(path.slice(OUT.length + 1))) rmSync(path);
}
