/** Where the tour plays: a root of its own, real commands of this very skep, and checks that are counted. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import * as v from "valibot";
import { demoFailed } from "../../errors.ts";
import { statOf } from "../../process/liveness.ts";
import { selfCommand } from "../../process/self.ts";
import type { Output } from "../output.ts";

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
export interface Stage {
  readonly folder: string;
  /** Runs a verb and shows it as one would type it. */
  run(...words: readonly string[]): Promise<Ran>;
  /** Starts a verb that goes on by itself. */
  follow(...words: readonly string[]): { readonly child: ChildProcess; readonly lines: () => readonly string[] };
  /** Says what is true now; a check that does not hold ends the tour. */
  check(what: string, holds: boolean, seen?: unknown): Promise<void>;
  close(): Promise<void>;
}

const LIMIT_MS = 15_000; // of any one wait

export function openStage(output: Output, say: (text: string) => Promise<void>): Stage {
  const folder = mkdtempSync(join(tmpdir(), "skep-demo-"));
  const [command = "", ...before] = selfCommand();
  // Nothing of the caller's swarm: a root, a config and sockets of its own.
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("SKEP_"));
  const env = {
    ...Object.fromEntries(own),
    SKEP_ROOT: join(folder, "root"),
    XDG_CONFIG_HOME: folder,
    XDG_RUNTIME_DIR: folder,
  };
  const start = (words: readonly string[]): ChildProcess =>
    spawn(command, [...before, ...words], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  const followers = new Set<ChildProcess>();
  return {
    folder,
    async run(...words) {
      await say(`$ skep ${words.map(quote).join(" ")}`);
      return finished(start(words));
    },
    follow(...words) {
      const child = start(words);
      followers.add(child);
      let text = "";
      child.stdout?.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
      return { child, lines: () => text.split("\n").slice(0, -1) };
    },
    async check(what, holds, seen) {
      await output.write(`  ${holds ? "ok" : "FAILED"}: ${what}\n`);
      if (!holds) throw demoFailed(what, JSON.stringify(seen));
    },
    async close() {
      for (const child of followers) child.kill("SIGTERM");
      await finished(start(["stop", "--all", "-y", "--grace", "1s"]));
      await finished(start(["supervisor", "stop"]));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const quote = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`);

function finished(child: ChildProcess): Promise<Ran> {
  const chunks = { stdout: "", stderr: "" };
  child.stdout?.on("data", (chunk: Buffer) => (chunks.stdout += chunk.toString("utf8")));
  child.stderr?.on("data", (chunk: Buffer) => (chunks.stderr += chunk.toString("utf8")));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, ...chunks }));
  });
}

/** Waits until it holds; the last thing seen is what is returned, also when the time is over. */
export async function until<T>(look: () => Promise<T> | T, holds: (seen: T) => boolean): Promise<T> {
  const deadline = Date.now() + LIMIT_MS;
  for (;;) {
    const seen = await look();
    if (holds(seen) || Date.now() > deadline) return seen;
    await pause(30);
  }
}

/** A process that has ended and that nobody has asked about yet does not count. */
export const lives = (pid: number): boolean => statOf(pid)?.zombie === false;

export interface SeenAgent {
  readonly id: string;
  readonly status: string;
  readonly phase: string;
  readonly turns: number;
  readonly run: number;
  readonly pid?: number;
  readonly exit_code?: number;
  readonly last_assistant?: string;
  readonly tail: readonly string[];
}
const agentSchema: v.GenericSchema<unknown, SeenAgent> = v.object({
  id: v.string(),
  status: v.string(),
  phase: v.string(),
  turns: v.number(),
  run: v.number(),
  pid: v.exactOptional(v.number()),
  exit_code: v.exactOptional(v.number()),
  last_assistant: v.exactOptional(v.string()),
  tail: v.array(v.string()),
});
export const readAgents = (text: string): readonly SeenAgent[] => v.parse(v.array(agentSchema), JSON.parse(text));
export const readPid = (text: string): number => v.parse(v.object({ pid: v.number() }), JSON.parse(text)).pid;
