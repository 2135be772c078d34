/** A root, a home and sockets of a test's own, and the verbs of the program under test in it. Ends all that it started. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly cwd?: string;
}
export interface Sandbox {
  readonly folder: string;
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  run(args: readonly string[], options?: RunOptions): Promise<Ran>;
  close(): Promise<void>;
}

/** The compiled binary, or the command in SKEP_UNDER_TEST (words with spaces between). */
const command = (): readonly string[] => process.env["SKEP_UNDER_TEST"]?.split(" ") ?? [resolve("dist/skep")];

export function openSandbox(): Sandbox {
  const folder = mkdtempSync(join(tmpdir(), "skep-test-"));
  const root = join(folder, "root");
  for (const name of ["home", "run", "work"]) mkdirSync(join(folder, name), { mode: 0o700 });
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: join(folder, "home"),
    XDG_RUNTIME_DIR: join(folder, "run"),
    SKEP_ROOT: root,
    // Where Deno keeps what it made of the sources: without it each sandbox would make it again.
    ...(process.env["SKEP_UNDER_TEST"] === undefined || process.env["DENO_DIR"] === undefined
      ? {}
      : { DENO_DIR: process.env["DENO_DIR"] }),
  };
  const run = (
    args: readonly string[],
    { env: more = {}, input, cwd = join(folder, "work") }: RunOptions = {},
  ): Promise<Ran> => {
    const [program = "", ...before] = command();
    const child = spawn(program, [...before, ...args], {
      cwd,
      env: { ...env, ...more },
      stdio: ["pipe", "pipe", "pipe"],
    });
    child.stdin?.on("error", () => {}); // it need not read
    child.stdin?.end(input ?? "");
    return ended(child);
  };
  return {
    folder,
    root,
    env,
    run,
    async close() {
      await run(["stop", "--all", "-y", "--grace", "500ms"]);
      await run(["supervisor", "stop"]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function ended(child: ChildProcess): Promise<Ran> {
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString("utf8")));
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString("utf8")));
  return new Promise((done, fail) => {
    child.once("error", fail);
    child.once("close", (code) => done({ code, stdout, stderr }));
  });
}

/** Looks until it holds, and gives what was seen; throws when it never does. */
export async function until<T>(look: () => Promise<T> | T, holds: (seen: T) => boolean, limit = 20_000): Promise<T> {
  const deadline = Date.now() + limit;
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (Date.now() > deadline) throw new Error(`it never held; last seen: ${JSON.stringify(seen)?.slice(0, 2_000)}`);
    await new Promise((again) => setTimeout(again, 20));
  }
}
