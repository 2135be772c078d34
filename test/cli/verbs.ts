/** The verbs of one sandbox as a test says them. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { openSandbox, type Ran, type Sandbox } from "../sandbox.ts";

export interface Agent {
  readonly id: string;
  readonly handle: string;
  readonly status: string;
  readonly phase: string;
  readonly turns: number;
  readonly run: number;
  readonly pid?: number;
  readonly exit_code?: number;
  readonly tail: readonly string[];
  readonly last_assistant?: string;
  readonly messages?: readonly { readonly id: string; readonly state: string }[];
}
export interface Verbs {
  readonly box: Sandbox;
  readonly skep: (...args: readonly string[]) => Promise<Ran>;
  /** What it prints, trimmed; the exit code must be 0. */
  readonly ok: (...args: readonly string[]) => Promise<string>;
  /** What it says on stderr; the exit code must be this one, and stdout empty. */
  readonly failing: (code: number, ...args: readonly string[]) => Promise<string>;
  readonly show: (id: string) => Promise<Agent>;
}
export const json = <T>(text: string): T => JSON.parse(text) as T;

export function openVerbs(): Verbs {
  const box = openSandbox();
  const skep = (...args: readonly string[]): Promise<Ran> => box.run(args);
  const ok = async (...args: readonly string[]): Promise<string> => {
    const ran = await skep(...args);
    assert.equal(ran.code, 0, `skep ${args.join(" ")}: ${ran.stderr}`);
    return ran.stdout.trim();
  };
  return {
    box,
    skep,
    ok,
    async failing(code, ...args) {
      const ran = await skep(...args);
      assert.equal(ran.code, code, `skep ${args.join(" ")}: ${ran.stdout}${ran.stderr}`);
      assert.equal(ran.stdout, "");
      return ran.stderr;
    },
    show: async (id) => json(await ok("show", id, "--json")),
  };
}

export function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // a folder, a FIFO, a socket: nothing is written there
  }
}

/** One that has ended and that nobody has asked about yet is a zombie. */
export const lives = (pid: number): boolean => /^\d+ \(.*\) [^ZX]/s.test(readText(`/proc/${pid}/stat`));
