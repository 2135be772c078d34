import { accessSync, constants, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Environment } from "../types.ts";

/** Where a command line's first word leads: a path, from `dir` on, or a name in PATH. `undefined`: nowhere. */
export function findProgram(word: string, dir: string, env: Environment): string | undefined {
  const places = word.includes("/")
    ? [resolve(dir, word)]
    : (env["PATH"] ?? "").split(":").map((folder) => resolve(dir, join(folder, word)));
  return places.find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // not there, or not ours to run
  }
}
