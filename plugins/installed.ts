/** Whether an agent's program is on PATH and new enough. Its version is read beside it: starting it would cost up to 8 s. */
import { readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Detected, Environment } from "skep";
import { fields, text } from "./fields.ts";
import { findExecutable } from "./find-executable.ts";

export interface Program {
  readonly command: string;
  readonly package: string; // of npm
  readonly oldest: string; // version that its runner can speak to
  readonly login: string; // the command that logs in
}

export function detectProgram({ command, package: name, oldest, login }: Program, env: Environment): Detected {
  const install = `npm install -g ${name}`;
  const path = findExecutable(command, env["PATH"]);
  if (path === undefined) return { missing: `${command}, which is not on PATH`, hint: `${install}, then: ${login}` };
  const version = versionBeside(path, name);
  if (version === undefined) return { path }; // not from npm: it is taken as it is
  if (isBefore(version, oldest))
    return { missing: `${command} ${oldest} or newer, and ${path} is ${version}`, hint: `${install}@latest` };
  return { path, version };
}

const UP = 4; // folders from a program to its package.json: bin/, dist/bin/

function versionBeside(path: string, name: string): string | undefined {
  let folder = dirname(realpathSync(path));
  for (let up = 0; up < UP; up += 1) {
    const found = readPackage(join(folder, "package.json"));
    if (text(found["name"]) === name) return text(found["version"]);
    folder = dirname(folder);
  }
  return undefined;
}

function readPackage(path: string): ReturnType<typeof fields> {
  try {
    return fields(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return {}; // none there, or none of npm's: the next folder is asked
  }
}

/** By the three numbers; what stands behind them is ignored. */
export function isBefore(version: string, other: string): boolean {
  const [one, two] = [version, other].map((text_) => text_.split(/[.+-]/).slice(0, 3).map(Number));
  for (const [at, number] of (one ?? []).entries()) {
    const wanted = two?.[at] ?? 0;
    if (number !== wanted) return number < wanted;
  }
  return false;
}
