/** The binary, called as a user calls it. */
import { spawn } from "node:child_process";
import { ended, type Ran } from "../sandbox.ts";

export interface Place {
  readonly skep: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}
export type Skep = (...args: readonly string[]) => Promise<Ran>;

export const skepIn =
  ({ skep, env, cwd }: Place): Skep =>
  (...args) =>
    ended(spawn(skep, args, { env, cwd, stdio: ["ignore", "pipe", "pipe"] }));

/** What a verb prints that must succeed. */
export async function ok(run: Skep, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...args);
  if (code !== 0) throw new Error(`skep ${args.join(" ")} ended with ${code}: ${stdout}${stderr}`);
  return stdout.trim();
}
