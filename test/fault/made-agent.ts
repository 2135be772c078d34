/** Agents whose records are made by skep's own code in this process, up to where a shim would be started. */
import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { bootId, machineId, pidNamespace } from "../../src/process/liveness.ts";
import { runMark } from "../../src/process/mark.ts";
import { type Intent, type RunPaths, runPaths, writeIntent } from "../../src/process/run-files.ts";
import { openStore, writeMeta } from "../../src/store/fs-store.ts";

export interface MadeAgent {
  readonly id: string;
  readonly folder: string;
  readonly paths: RunPaths;
  readonly intent: Intent;
  readonly mark: string;
}

export function makeAgent(root: string, id: string, args: readonly string[], more: Partial<Intent> = {}): MadeAgent {
  const store = openStore(root);
  if (!store.claim(id)) throw new Error(`${id} is there`);
  const { folder, log, session } = store.paths(id);
  const dir = dirname(root);
  writeMeta(store, {
    id,
    task: args.join(" "),
    dir,
    started: "2026-01-01T00:00:00Z",
    inboxPath: "",
    eventLogPath: log,
    sessionPath: session,
    runner: "exec",
    skep: { args: [...args] },
    rest: {},
  });
  const paths = runPaths(folder, 1);
  mkdirSync(paths.dir, { recursive: true, mode: 0o700 });
  const intent: Intent = {
    run: 1,
    resuming: false,
    message: { id: "m-0", text: args.join(" ") },
    runner: "exec",
    turns: "none",
    output: "text",
    stdin: "none",
    args,
    options: {},
    argv: args,
    cwd: dir,
    labels: {},
    time: "2026-01-01T00:00:00Z",
    boot: bootId(),
    pidns: pidNamespace(),
    machine: machineId(),
    ...more,
  };
  writeIntent(paths, intent);
  return { id, folder, paths, intent, mark: runMark(String(statSync(root).ino), id, 1) };
}
