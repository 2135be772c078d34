/** The verbs of the program under test in a sandbox of the file's own, and what they print, checked. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after } from "node:test";
import * as v from "valibot";
import { detailSchema, snapshotSchema } from "../../../src/core/snapshot-schema.ts";
import { isAlive } from "../../../src/process/liveness.ts";
import { listRuns, readChild, runPaths } from "../../../src/process/run-files.ts";
import { openStore } from "../../../src/store/fs-store.ts";
import { readRecord } from "../../../src/supervisor/start.ts";
import type { Detail, Snapshot } from "../../../src/types.ts";
import { ended, openSandbox, type Ran, type RunOptions, type Sandbox, until } from "../../sandbox.ts";

export interface Cli {
  readonly box: Sandbox;
  readonly root: string;
  readonly work: string; // the current folder of the verbs
  skep(args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** A script of sh, to which `skep` is a command. */
  shell(script: string): Promise<Ran>;
  /** What a verb prints that must succeed, without its last newline. */
  ok(...args: readonly string[]): Promise<string>;
  /** The one line on stderr of a verb that must fail with this code and print nothing. */
  fails(code: number, ...args: readonly string[]): Promise<string>;
  list(...args: readonly string[]): Promise<readonly Snapshot[]>;
  show(id: string): Promise<Detail>;
  /** Waits until the agent is as wanted. */
  becomes(id: string, wanted: (agent: Detail) => boolean): Promise<Detail>;
}

/** Opens a sandbox that is closed when the tests of the file have ended, well or badly. */
export function openCli(): Cli {
  const box = openSandbox();
  after(async () => {
    const processes = processesOf(box.root);
    try {
      await box.close();
    } finally {
      for (const { pid, start } of processes) if (isAlive({ pid, start })) process.kill(pid, "SIGKILL");
    }
  });
  const work = join(box.folder, "work");
  const skep: Cli["skep"] = (args, options) => box.run(args, options);
  const bin = join(box.folder, "command");
  mkdirSync(bin);
  const command = process.env["SKEP_UNDER_TEST"] ?? resolve("dist/skep");
  writeFileSync(join(bin, "skep"), `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
  const ok: Cli["ok"] = async (...args) => {
    const { code, stdout, stderr } = await skep(args);
    assert.equal(code, 0, `skep ${args.join(" ")}: ${stdout}${stderr}`);
    return stdout.replace(/\n$/, "");
  };
  const show: Cli["show"] = async (id) => v.parse(detailSchema, JSON.parse(await ok("show", "--json", id)));
  return {
    box,
    root: box.root,
    work,
    skep,
    ok,
    show,
    shell(script) {
      const env = { ...box.env, PATH: `${bin}:${box.env["PATH"]}` };
      return ended(spawn("sh", ["-c", script], { cwd: work, env, stdio: ["ignore", "pipe", "pipe"] }));
    },
    async fails(code, ...args) {
      const ran = await skep(args);
      assert.deepEqual([ran.code, ran.stdout], [code, ""], `skep ${args.join(" ")}: ${ran.stderr}`);
      assert.match(ran.stderr, args.includes("--json") ? /^\{"error":.*\}\n$/ : /^skep: [^\n]*\n$/);
      return ran.stderr.trimEnd();
    },
    list: async (...args) => v.parse(v.array(snapshotSchema), JSON.parse(await ok("ls", "--json", ...args))),
    becomes: (id, wanted) => until(() => show(id), wanted),
  };
}

/** The supervisor and the children that the root knows of. */
function processesOf(root: string): readonly { readonly pid: number; readonly start: number }[] {
  const supervisor = readRecord(root);
  const { ids, paths } = openStore(root);
  const children = ids().flatMap((id) => {
    const { folder } = paths(id);
    return listRuns(folder).flatMap((run) => readChild(runPaths(folder, run)) ?? []);
  });
  return [...(supervisor === undefined ? [] : [supervisor]), ...children];
}

/** The `error` of a verb that was asked for JSON. */
export const errorOf = (stderr: string): { code: string; message: string; hint?: string | undefined } =>
  v.parse(errorSchema, JSON.parse(stderr)).error;
const errorSchema = v.strictObject({
  error: v.strictObject({ code: v.string(), message: v.string(), hint: v.optional(v.string()) }),
});

export const linesOf = (text: string): readonly unknown[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
