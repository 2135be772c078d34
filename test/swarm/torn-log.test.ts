/** What a kill in the middle of an append leaves, and what a full disk does: at every byte, a supervisor goes on from there. */
import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { bootId, machineId, pidNamespace, type RunFacts } from "../../src/process/liveness.ts";
import { type Intent, runPaths, writeIntent } from "../../src/process/run-files.ts";
import { openStore } from "../../src/store/fs-store.ts";
import type { AgentPaths } from "../../src/store/store.ts";
import { type Journal, openJournal } from "../../src/swarm/journal.ts";
import { loadPlugins, translateFor } from "../../src/swarm/load-plugins.ts";
import { newestRun, observe, recordEnd } from "../../src/swarm/observe.ts";
import type { Translate } from "../../src/core/translate.ts";

const LINES = ["one", '{"type":"assistant_message","content":[{"type":"text","text":"é✓"}]}', "", "three", "the last"];
const FACTS: RunFacts = { kind: "exited", code: 0, at: 0, child: { pid: 1, start: 1 } };
const NOW = 1_700_000_000_000;

let folder: string;
let translate: Translate;
let count = 0;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "skep-torn-"));
  translate = await translateFor(await loadPlugins({ warn: () => {} }), "exec");
});
after(() => rmSync(folder, { recursive: true, force: true }));

function makeAgent(): AgentPaths {
  const store = openStore(folder);
  const id = `agent-${(count += 1)}`;
  store.claim(id);
  const paths = store.paths(id);
  const run = runPaths(paths.folder, 1);
  mkdirSync(run.dir, { recursive: true });
  const intent: Intent = {
    run: 1,
    resuming: false,
    message: { id: "m-0", text: "do it" },
    runner: "exec",
    turns: "none",
    output: "events",
    stdin: "none",
    args: [],
    options: {},
    argv: ["true"],
    cwd: folder,
    labels: {},
    time: "2026-01-01T00:00:00Z",
    boot: bootId(),
    pidns: pidNamespace(),
    machine: machineId(),
  };
  writeIntent(run, intent);
  writeFileSync(run.out, LINES.join("\n"));
  writeFileSync(run.err, "a word\n");
  return paths;
}

/** Takes in what the run's files hold, as a supervisor does. */
function takeIn(journal: Journal, end: boolean): void {
  const run = newestRun(journal);
  assert.ok(run);
  const options = { now: NOW, late: false, rest: end };
  observe(journal, run, FACTS, options);
  if (end) recordEnd(journal, run, { kind: "exited", code: 0, hadChild: true }, options);
}

/** Each line of the child's is there once and in order, the numbers rise, and replay gives what live gave. */
function check(journal: Journal, paths: AgentPaths, where: string): void {
  const entries = readFileSync(paths.log, "utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as { type: string; skep: { seq: number; from?: string; at?: number } }];
      } catch {
        return [];
      }
    });
  assert.deepEqual(
    entries.map(({ skep }) => skep.seq),
    entries.map((_, at) => at + 1),
    where,
  );
  const placesIn = (from: string): unknown[] => entries.flatMap(({ skep }) => (skep.from === from ? [skep.at] : []));
  assert.deepEqual([placesIn("out"), placesIn("err")], [[0, 4, 77, 83], [0]], where);
  assert.equal(entries.filter(({ type }) => type === "agent_stopped").length, 1, where);
  assert.deepEqual(openJournal(paths, translate, false).state, journal.state, where);
}

describe("a log", () => {
  test("that was cut at any byte is gone on with: no line is lost, none is there twice", () => {
    const paths = makeAgent();
    const first = openJournal(paths, translate, true);
    takeIn(first, false);
    first.writer?.close();
    const log = readFileSync(paths.log);
    for (let cut = 0; cut <= log.length; cut += 1) {
      writeFileSync(paths.log, log.subarray(0, cut));
      const journal = openJournal(paths, translate, true);
      takeIn(journal, true);
      journal.writer?.close();
      check(journal, paths, `cut at ${cut}`);
    }
  });

  test("that lacks lines is read with them as its supervisor writes them then", () => {
    const paths = makeAgent();
    const reader = openJournal(paths, translate, false);
    let seen = "";
    reader.heard = (_entry, _events, text) => void (seen += `${text()}\n`);
    takeIn(reader, true);
    const journal = openJournal(paths, translate, true);
    takeIn(journal, true);
    journal.writer?.close();
    assert.equal(readFileSync(paths.log, "utf8"), seen);
    assert.deepEqual(reader.state, journal.state);
  });

  test("that ends with blanks and no newline counts the same lines as a replay", () => {
    const paths = makeAgent();
    writeFileSync(paths.log, "{}\n\t ");
    const journal = openJournal(paths, translate, true);
    takeIn(journal, true);
    journal.writer?.close();
    assert.deepEqual(openJournal(paths, translate, false).state, journal.state);
  });

  test("a part of which stands there twice, from any line on, is read as if it stood there once", () => {
    const paths = makeAgent();
    const first = openJournal(paths, translate, true);
    takeIn(first, true);
    first.writer?.close();
    const log = readFileSync(paths.log);
    for (let at = 0; at < log.length; at = log.indexOf(10, at) + 1) {
      const doubled = log.subarray(at).toString("utf8");
      writeFileSync(paths.log, Buffer.concat([log, Buffer.from(doubled)]));
      const { state } = openJournal(paths, translate, false);
      assert.deepEqual({ ...state, skipped: 0 }, first.state, `doubled from ${at}`);
      assert.equal(state.skipped, doubled.trimEnd().split("\n").length, `doubled from ${at}`);
    }
  });

  test("whose append the disk took a part of, at any byte, is gone on with by the same supervisor", () => {
    const paths = makeAgent();
    for (let part = 0; part < 400; part += 1) {
      rmSync(paths.log, { force: true });
      const journal = openJournal(paths, translate, true);
      const heard: string[] = [];
      journal.heard = (entry) => void heard.push(entry.type);
      const run = newestRun(journal);
      assert.ok(run);
      journal.writer = {
        append(lines) {
          appendFileSync(paths.log, Buffer.from(lines).subarray(0, part));
          throw new Error("no space left");
        },
        sync() {},
        close() {},
        from: 0,
      };
      assert.throws(() => observe(journal, run, FACTS, { now: NOW, late: false }), /no space left/);
      const options = { now: NOW, late: false, rest: true };
      observe(journal, run, FACTS, options);
      recordEnd(journal, run, { kind: "exited", code: 0, hadChild: true }, options);
      journal.writer?.close();
      check(journal, paths, `the disk took ${part} bytes`);
      assert.equal(heard.length, journal.seq, `the disk took ${part} bytes`);
    }
  });
});
