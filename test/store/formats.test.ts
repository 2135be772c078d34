import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { formatMeta, parseMeta } from "../../src/core/meta.ts";
import { parseLine } from "../../src/core/entry.ts";
import { readChild, readClaim, readExit, readIntent, runPaths } from "../../src/process/run-files.ts";
import { openStore } from "../../src/store/fs-store.ts";
import { readInbox } from "../../src/store/inbox-log.ts";
import { loadPlugins } from "../../src/swarm/load-plugins.ts";
import { readDetail, reload } from "../../src/swarm/reload.ts";

/** What 0.1.0 wrote. Never made anew: a later skep must go on reading it. */
const ROOT = "test/fixtures/formats/0.1.0";
const store = openStore(ROOT);
const [done, failed] = ["gold-bvkxpu", "gold-q7gu4i"] as const;

describe("what skep 0.1.0 wrote", () => {
  test("is read to the same swarm", async () => {
    const plugins = await loadPlugins({ warn: () => {} });
    const { agents, problems } = await reload({ store, plugins, now: () => 0 });
    assert.deepEqual(problems, []);
    const seen = agents.map(({ id, status, phase, activity, turns, run, exit_code, tail, session_id, labels }) => ({
      id,
      status,
      phase,
      activity,
      turns,
      run,
      exit_code,
      tail,
      session_id,
      labels,
    }));
    assert.deepEqual(seen, [
      {
        id: done,
        status: "done",
        phase: "ended",
        activity: "shutdown (offline)",
        turns: 2,
        run: 1,
        exit_code: 0,
        session_id: "s1",
        labels: { team: "red" },
        tail: [
          "user: tool hello",
          "echo: tool hello (turn 1)",
          "user: second",
          "user: line",
          "echo: second",
          "line (turn 2)",
        ],
      },
      {
        id: failed,
        status: "failed",
        phase: "ended",
        activity: "exit 3 (offline)",
        turns: 0,
        run: 1,
        exit_code: 3,
        session_id: undefined,
        labels: undefined,
        tail: ["out", "stderr: err", "no newline"],
      },
    ]);
    const detail = await readDetail({ store, plugins, now: () => 0 }, done);
    assert.deepEqual(
      detail.messages.map(({ text, state }) => [text, state]),
      [
        ["tool hello", "done"],
        ["second\nline", "done"],
      ],
    );
  });

  test("is written so again, byte for byte: meta.json", () => {
    for (const id of store.ids()) {
      const text = readFileSync(store.paths(id).meta, "utf8");
      assert.equal(formatMeta(parseMeta(text, id)), text);
    }
  });

  test("has a stamp on every line, rising by one", () => {
    for (const id of store.ids()) {
      const lines = readFileSync(store.paths(id).log, "utf8").trimEnd().split("\n");
      assert.deepEqual(
        lines.map((line) => parseLine(line)?.stamp?.seq),
        lines.map((_, at) => at + 1),
      );
    }
  });

  test("is whole in its other files: runs and inbox", () => {
    const paths = runPaths(store.paths(failed).folder, 1);
    assert.deepEqual([readExit(paths), readIntent(paths)?.argv[0], readIntent(paths)?.verdict], [3, "sh", "exit"]);
    assert.equal(Number.isInteger(readChild(paths)?.start), true);
    const claim = readClaim(paths);
    assert.equal(claim !== undefined && claim !== "empty" && claim.by, "shim");
    assert.deepEqual(
      readInbox(store.paths(done).inbox).map(({ text }) => text),
      ["second\nline"],
    );
    assert.deepEqual(readdirSync(join(store.paths(failed).folder, "runs/000001")).toSorted(), [
      "child",
      "claim",
      "err",
      "exit",
      "intent.json",
      "out",
    ]);
  });
});

describe("what zot wrote", () => {
  const zot = {
    id: "alpha-1",
    task: "fix",
    dir: "/repo",
    started: "2026-01-01T00:00:00.123456789Z",
    inbox_path: "/x",
    event_log_path: "/y",
    session_path: "/z",
    session_id: "s",
    branch: "b",
    isolated: true,
  };

  test("keeps every field through a rewrite, also those that skep does not know", () => {
    const again: unknown = JSON.parse(formatMeta(parseMeta(JSON.stringify(zot), "alpha-1")));
    assert.deepEqual(again, zot);
  });

  test("is refused when it lies about its id, has none, or is no object", () => {
    for (const text of ["{", "[]", "7", "{}", '{"id":""}', '{"id":"other"}', ""])
      assert.throws(() => parseMeta(text, "alpha-1"), { code: "corrupt" }, text);
  });
});
