/**
 * The binary with a src/disk.ts whose node:fs is faulty-fs.ts, and no other difference but that $FAULT_SHELL is the shell of
 * its shims where it is set: `.cache/fault/skep-faulty`. Every scenario that needs the n-th operation to fail, or to be the
 * last one, uses this one.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { sourceFiles } from "../source-files.ts";
import { FOLDER } from "./figures.ts";
import type { Plan } from "./faulty-fs.ts";

/** Builds it when something that it is made of has changed; its path. */
export function faultySkep(): string {
  const path = resolve(FOLDER, "skep-faulty");
  if (!isStale(path)) return path;
  mkdirSync(FOLDER, { recursive: true });
  const { status, stderr } = spawnSync("node_modules/.bin/bun", ["build.ts", "faulty"], { encoding: "utf8" });
  if (status !== 0) throw new Error(`the faulty build failed: ${stderr}`);
  return path;
}

function isStale(path: string): boolean {
  if (!existsSync(path)) return true;
  const built = statSync(path).mtimeMs;
  const sources = [
    "build.ts",
    "package-lock.json",
    "test/fault/faulty-fs.ts",
    ...sourceFiles("src"),
    ...sourceFiles("plugins"),
  ];
  return sources.some((source) => statSync(source).mtimeMs > built);
}

/** A plan of a folder's own, for processes with `env`. */
export interface PlanFile {
  readonly env: { readonly FAULT_PLAN: string };
  /** Counts anew from here on. */
  set(plan: Plan): void;
  clear(): void;
}

export function planIn(folder: string, name = "fault"): PlanFile {
  const path = join(folder, `${name}-plan.json`);
  let written = 0;
  return {
    env: { FAULT_PLAN: path },
    set(plan) {
      written += 1;
      const temp = `${path}.${written}`;
      writeFileSync(temp, JSON.stringify(plan));
      renameSync(temp, path); // whoever reads it sees a whole one
    },
    clear: () => rmSync(path, { force: true }),
  };
}
