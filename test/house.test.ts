/** What the house rules forbid and no linter sees. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path/posix";
import { describe, test } from "node:test";
import { readCode, sourceFiles } from "./source-files.ts";

const MAX_LINES = 300;
const CODE = ["build.ts", "build-declarations.ts", ...["src", "plugins", "test"].flatMap(sourceFiles)];

/** Every text that is kept in the repository; what tools make is not. */
function keptFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if ([".git", "node_modules", "dist", ".cache"].includes(entry.name)) return [];
    return entry.isDirectory() ? keptFiles(path) : entry.isFile() && statSync(path).size < 2 ** 20 ? [path] : [];
  });
}

/** `path:line` of each match. */
const places = (path: string, text: string, wanted: RegExp): string[] =>
  text
    .split("\n")
    .flatMap((line, index) => (wanted.test(line) ? [`${path}:${index + 1}: ${line.trim().slice(0, 100)}`] : []));

describe("the house", () => {
  test(`no file of code has more than ${MAX_LINES} lines`, () => {
    const long = CODE.map((path) => ({ path, lines: readFileSync(path, "utf8").trimEnd().split("\n").length }));
    assert.deepEqual(
      long.filter(({ lines }) => lines > MAX_LINES),
      [],
    );
  });

  test("no type is left open", () => {
    const open = /(?::|<|\||&|=>|\b(?:as|is|satisfies))\s*any\b|\bany\[\]|@ts-(?:ignore|nocheck)/;
    assert.deepEqual(
      CODE.flatMap((path) => places(path, readCode(path), open)),
      [],
    );
  });

  test("no work is left for later in a comment", () => {
    const later = /\b(?:T[O]DO|F[I]XME|X[X]X|H[A]CK)\b/;
    assert.deepEqual(
      CODE.flatMap((path) => places(path, readFileSync(path, "utf8"), later)),
      [],
    );
  });

  test("a test that cannot run is skipped before it starts, since Deno counts one that skips itself as passed", () => {
    assert.deepEqual(
      sourceFiles("test").flatMap((path) => places(path, readCode(path), /\b(?!test|it|describe)\w+\.(?:skip|todo)\(/)),
      [],
    );
  });

  test("no path of the machine it was made on is written down", () => {
    const machine = /(?<![\w.~$-])\/(?:work|root)(?![\w-])/;
    assert.deepEqual(
      keptFiles(".").flatMap((path) => places(path, readFileSync(path, "utf8"), machine)),
      [],
    );
  });

  test("the lock file names no place to download from", () => {
    assert.ok(!readFileSync("package-lock.json", "utf8").includes('"resolved"'));
  });
});
