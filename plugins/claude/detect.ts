/** Whether claude can be used here: it is on PATH, new enough, and logged in. It is asked itself, without the network. */
import { execFile } from "node:child_process";
import { statSync } from "node:fs";
import { tmpdir } from "node:os";
import type { Detected, Environment } from "skep";
import { findExecutable } from "../find-executable.ts";

/** The oldest that was tried; one before 2.1 takes `auth status` for a prompt. */
const OLDEST = "2.1.197";
const INSTALL = "npm install -g @anthropic-ai/claude-code";
const LIMIT_MS = 12_000; // twice, within the time that skep gives a plugin
const TRUSTED_MS = 60_000; // asking costs 0.6 s of CPU: a swarm of twenty asks once

/** What was asked last. Twenty who ask at once get one answer; what is missing is asked for anew, since it may be mended. */
const asked = new Map<string, { readonly at: number; readonly found: Promise<Detected> }>();

export async function detect(env: Environment): Promise<Detected> {
  const path = findExecutable("claude", env["PATH"]);
  if (path === undefined)
    return { missing: "claude, which is not on PATH", hint: `${INSTALL}, then: claude auth login` };
  const key = keyOf(path, env);
  const before = asked.get(key);
  if (before !== undefined && Date.now() - before.at < TRUSTED_MS) return before.found;
  const found = ask(path, env);
  asked.set(key, { at: Date.now(), found });
  if ("missing" in (await found)) asked.delete(key);
  return found;
}

async function ask(path: string, env: Environment): Promise<Detected> {
  const told = await run(path, ["--version"], env);
  if (told.late) return { path }; // a machine that has too much to do says nothing about a program
  const version = /^\d+\.\d+\.\d+/.exec(told.stdout)?.[0];
  if (version === undefined) return { missing: `claude, and ${path} tells no version`, hint: INSTALL };
  if (isBefore(version, OLDEST))
    return { missing: `claude ${OLDEST} or newer, and ${path} is ${version}`, hint: `claude update, or ${INSTALL}` };
  const { code } = await run(path, ["auth", "status"], env);
  if (code === 1)
    return { missing: `a login, and ${path} has none`, hint: "claude auth login, or set ANTHROPIC_API_KEY" };
  return { path, version };
}

/** A new program, settings folder or key is another question. */
function keyOf(path: string, env: Environment): string {
  const { mtimeMs, size } = statSync(path);
  const login = Object.keys(env)
    .filter((name) => /^(ANTHROPIC|CLAUDE|AWS|GOOGLE|HOME$)/.test(name))
    .toSorted()
    .map((name) => `${name}=${env[name]}`);
  return [path, mtimeMs, size, ...login].join("\n");
}

interface Told {
  readonly code: unknown;
  readonly stdout: string;
  readonly late: boolean;
}
function run(path: string, args: readonly string[], env: Environment): Promise<Told> {
  return new Promise((resolve) => {
    const child = execFile(path, args, { env: { ...env }, cwd: tmpdir(), timeout: LIMIT_MS }, (error, stdout) =>
      resolve({ code: error === null ? 0 : error.code, stdout, late: error?.killed === true }),
    );
    child.stdin?.end();
  });
}

function isBefore(version: string, other: string): boolean {
  const [one, two] = [version, other].map((text) => text.split(".").map(Number));
  for (const [at, number] of (one ?? []).entries()) {
    const wanted = two?.[at] ?? 0;
    if (number !== wanted) return number < wanted;
  }
  return false;
}
