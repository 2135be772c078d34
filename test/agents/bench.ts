/** One agent's program, a model for it, and skep's verbs, in a sandbox of their own. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { detailSchema } from "../../src/core/snapshot-schema.ts";
import { readRecord } from "../../src/supervisor/start.ts";
import type { Detail } from "../../src/types.ts";
import { type FakeModel, startFakeModel } from "../fixtures/fake-model/server.ts";
import { openSandbox, type Ran, until } from "../sandbox.ts";
import type { AgentUnderTest } from "./agent.ts";
import { linkPrograms } from "./install.ts";

export interface SpawnWish {
  readonly flags?: readonly string[];
  readonly args?: readonly string[];
  readonly runner?: boolean; // named, as by default
}
export interface Bench {
  readonly agent: AgentUnderTest;
  readonly model: FakeModel;
  readonly work: string;
  skep(...args: readonly string[]): Promise<Ran>;
  /** What a verb prints that must succeed. */
  ok(...args: readonly string[]): Promise<string>;
  /** The words of a spawn of this agent. */
  words(task: string, wish?: SpawnWish): readonly string[];
  spawn(task: string, wish?: SpawnWish): Promise<string>;
  show(id: string): Promise<Detail>;
  becomes(id: string, holds: (agent: Detail) => boolean): Promise<Detail>;
  /** Waits until the model was asked for an answer to a turn with this word. */
  heard(word: string): Promise<void>;
  supervisor(): number;
  /** Ends all agents and the supervisor. */
  rest(): Promise<void>;
  /** What still lives of all that ran here. */
  remains(): readonly string[];
  close(): Promise<void>;
}

const LIMIT_MS = 600_000; // opencode took three minutes to begin, on two cores with thirty others waiting for them

export async function openBench(agent: AgentUnderTest): Promise<Bench> {
  const box = openSandbox();
  const model = await startFakeModel();
  const home = join(box.folder, "home");
  const bin = join(box.folder, "bin");
  linkPrograms(agent.programs, bin);
  const env = { PATH: `${bin}:${box.env["PATH"]}`, ...agent.settle({ home, url: model.url }) };
  const skep: Bench["skep"] = (...args) => box.run(args, { env });
  const ok: Bench["ok"] = async (...args) => {
    const { code, stdout, stderr } = await skep(...args);
    assert.equal(code, 0, `skep ${args.join(" ")}: ${stdout}${stderr}`);
    return stdout.trimEnd();
  };
  const words: Bench["words"] = (task, { flags = agent.flags ?? [], args = agent.args ?? [], runner = true } = {}) => [
    ...(runner ? ["-r", agent.runner] : []),
    ...flags,
    task,
    ...(args.length === 0 ? [] : ["--", ...args]),
  ];
  const show: Bench["show"] = async (id) => v.parse(detailSchema, JSON.parse(await ok("show", "--json", id)));
  const rest = async (): Promise<void> => {
    await skep("stop", "--all", "-y", "--grace", "5s");
    await skep("supervisor", "stop");
  };
  return {
    agent,
    model,
    work: join(box.folder, "work"),
    skep,
    ok,
    words,
    spawn: (task, wish) => ok("spawn", ...words(task, wish)),
    show,
    becomes: (id, holds) => until(() => show(id), holds, LIMIT_MS),
    async heard(word) {
      await until(() => model.asked.some(({ last }) => last.includes(word)), Boolean, LIMIT_MS);
    },
    supervisor() {
      const record = readRecord(box.root);
      assert.ok(record, "no supervisor runs");
      return record.pid;
    },
    rest,
    remains: () => processesIn(box.folder),
    async close() {
      await rest();
      model.close();
      await box.close();
    },
  };
}

/** Processes whose environment names a folder: each that was started there has it as its home. */
function processesIn(folder: string): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        if (!readFileSync(`/proc/${pid}/environ`, "utf8").includes(folder)) return [];
        return [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").slice(0, 100)}`];
      } catch {
        return []; // it has ended, or is not ours
      }
    });
}
