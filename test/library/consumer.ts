/** A project of somebody else's: the packed package in its node_modules, installed by npm without a network. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export type Runtime = "node" | "bun" | "deno";
export interface Consumer {
  readonly folder: string;
  /** Lets tsc make its JavaScript, once; throws when something does not type-check. */
  compile(): void;
  /** Starts a program of it under a runtime: Node gets what tsc made of it, the others read the TypeScript. */
  start(
    runtime: Runtime,
    words: readonly [program: string, ...args: string[]],
    env: Readonly<Record<string, string>>,
  ): ChildProcess;
  close(): void;
}

const MODULES = resolve("node_modules");
/** What skep and Node's types depend on: this copy of them is all that there is without a network. */
const DEPENDENCIES = ["consola", "hookable", "valibot", "@types/node", "undici-types"];
const DENO = ["run", "--quiet", "-A", "--no-check", "--no-lock", "--no-remote", "--node-modules-dir=manual"];

export function makeConsumer(): Consumer {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "skep-consumer-")));
  const run = (command: string, ...args: readonly string[]): void =>
    void execFileSync(command, args, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  try {
    execFileSync("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder]);
    const packed = readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "";
    cpSync("test/fixtures/consumer", folder, { recursive: true });
    cpSync("test/types.ts", join(folder, "plugin-types.ts"));
    writeFileSync(join(folder, "package.json"), '{ "name": "consumer", "private": true, "type": "module" }\n');
    const offline = ["--offline", "--install-links", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
    const copies = DEPENDENCIES.map((name) => join(MODULES, name));
    run("npm", "install", ...offline, "--cache", join(folder, "cache"), join(folder, packed), ...copies);
    mkdirSync(join(folder, "home"));
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  let compiled = false;
  const compile = (): void => {
    if (!compiled) execFileSync(join(MODULES, ".bin", "tsc"), ["-p", "."], { cwd: folder, stdio: "inherit" });
    compiled = true;
  };
  return {
    folder,
    compile,
    start(runtime, [program, ...args], env) {
      if (runtime === "node") compile();
      const file = runtime === "node" ? `built/${program}.js` : `${program}.ts`;
      const command = runtime === "node" ? "node" : join(MODULES, ".bin", runtime);
      const words = [...(runtime === "deno" ? DENO : []), join(folder, file), ...args];
      return spawn(command, words, { cwd: folder, env: { ...env, NO_COLOR: "1" } });
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
