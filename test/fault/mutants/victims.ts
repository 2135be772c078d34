/** Agents as the binary makes them, whose files are then damaged: ended, ended while nobody watched, and alive. */
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readRecord } from "../../../src/supervisor/start.ts";
import { isAlive } from "../../../src/process/liveness.ts";
import { until } from "../../sandbox.ts";
import { ok, type Skep } from "../skep.ts";

export interface Victim {
  readonly name: string;
  readonly id: string;
  readonly folder: string;
  readonly files: readonly string[]; // that are damaged
  readonly newest: string; // the newest run's intent
  readonly shown: readonly string[]; // statuses that are true, or say that nobody knows
  readonly lines: readonly string[]; // what its child wrote to stdout in its newest run
  /** Puts every file back as it was. */
  restore(): void;
}

const NAMES = /(?:^|\/)(?:events\.jsonl|meta\.json|inbox\.jsonl|in|exit|claim|child|feed|intent\.json)$/;
const ENDED = ["failed", "detached"];
const SCRIPT = 'while read l; do echo "got $l"; [ "$l" = end ] && exit 7; done';

export async function makeVictims(run: Skep, root: string): Promise<Victim[]> {
  const spawn = (name: string, ...rest: string[]): Promise<string> => ok(run, "spawn", "--name", name, ...rest);
  const fed = await spawn("fed", "--stdin", "--", "sh", "-c", SCRIPT);
  for (const text of ["one", "two", "end"]) await ok(run, "send", fed, text);
  await run("wait", fed);
  const again = await spawn("again", "--", "sh", "-c", "echo out; echo err >&2; exit 7");
  await run("wait", again);
  await ok(run, "resume", again);
  await run("wait", again);
  const unseen = await spawn("unseen", "--stdin", "--", "sh", "-c", SCRIPT);
  await ok(run, "send", unseen, "one");
  const live = await spawn("live", "--stdin", "--", "sh", "-c", "echo begun; read l");
  for (const id of [unseen, live])
    await until(
      () => textOf(join(root, "agents", id, "runs/000001/out")),
      (text) => text !== "",
    );
  await until(
    async () => ok(run, "show", live),
    (text) => text.includes("begun"),
  );
  await killSupervisor(root);
  // A child that ends while nobody watches.
  writeFileSync(join(root, "agents", unseen, "runs/000001/in"), "end\n", { flag: "a" });
  await until(
    () => textOf(join(root, "agents", unseen, "runs/000001/exit")),
    (text) => text === "7\n",
  );
  return [
    keepFiles(root, "fed", fed, ENDED),
    keepFiles(root, "again", again, ENDED),
    keepFiles(root, "unseen", unseen, ENDED),
    keepFiles(root, "live", live, ["running"]),
  ];
}

const textOf = (path: string): string =>
  statSync(path, { throwIfNoEntry: false }) === undefined ? "" : readFileSync(path, "utf8");

/** Ends the supervisor of a root by SIGKILL; returns when it is gone. */
export async function killSupervisor(root: string): Promise<void> {
  const record = readRecord(root);
  if (record === undefined || !isAlive(record)) throw new Error("nobody supervises");
  process.kill(record.pid, "SIGKILL");
  await until(
    () => isAlive(record),
    (lives) => !lives,
  );
}

/** ext4 flushes a file that was cut to nothing and written again: a new one costs a hundredth of that. */
export function writeAnew(path: string, bytes: Uint8Array): void {
  rmSync(path, { force: true });
  writeFileSync(path, bytes);
}

function keepFiles(root: string, name: string, id: string, shown: readonly string[]): Victim {
  const folder = join(root, "agents", id);
  const names = (): string[] =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => statSync(join(folder, file)).isFile());
  const kept = new Map(names().map((file) => [file, readFileSync(join(folder, file))]));
  const intents = [...kept.keys()].filter((file) => file.endsWith("intent.json")).toSorted();
  const newest = intents.at(-1) ?? "";
  const out = kept.get(newest.replace("intent.json", "out"))?.toString("utf8") ?? "";
  return {
    name,
    id,
    folder,
    // What is fed to a live child is not damaged: it would take it for what it is told.
    files: [...kept]
      .filter(([file, bytes]) => NAMES.test(file) && bytes.length > 0)
      .map(([file]) => file)
      .filter((file) => !(shown.includes("running") && file.endsWith("/in"))),
    newest,
    shown,
    lines: out.split("\n").filter((line) => line !== ""),
    restore() {
      for (const file of names()) if (!kept.has(file)) rmSync(join(folder, file));
      for (const [file, bytes] of kept) {
        const path = join(folder, file);
        if (statSync(path, { throwIfNoEntry: false }) === undefined || !readFileSync(path).equals(bytes))
          writeAnew(path, bytes);
      }
    },
  };
}
