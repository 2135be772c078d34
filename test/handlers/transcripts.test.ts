/**
 * Every captured transcript, folded through its handler, against the state pinned for it. After a change that is meant,
 * `deno test -A --no-check test/handlers/transcripts.test.ts -- --update` pins anew: read the difference.
 */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import { type FoldedTranscript, foldRuns } from "../../src/core/fold-transcript.ts";
import { linesOf } from "../../src/core/transcript.ts";
import type { AgentEvent, EventHandler, Snapshot } from "../../src/types.ts";
import { claude } from "../../plugins/claude/handler.ts";
import { codexAppHandler as codexApp } from "../../plugins/codex-app/handler.ts";
import { FOLDER, joined, type Transcript, transcript, TRANSCRIPTS } from "./transcripts.ts";

const UPDATE = process.argv.includes("--update");
const PAIRS = ["claude", "codex", "opencode", "gemini"].map((agent) => joined(`${agent}/first`, `${agent}/resume`));
const [CLAUDE, CODEX, OPENCODE, GEMINI] = PAIRS;
const ACP = ["acp/claude", "acp/codex", "acp/opencode"].map(transcript);

const fold = ({ runs, fold: kind }: Transcript): FoldedTranscript => foldRuns(runs, kind);
const shown = (one: Transcript | string | undefined): Snapshot => {
  assert.ok(one);
  return fold(typeof one === "string" ? transcript(one) : one).snapshot;
};
const levels = (name: string): readonly string[] =>
  fold(transcript(name)).events.flatMap((event) => (event.kind === "error" ? [event.level] : []));
const lines = (one: Transcript | string): readonly string[] =>
  linesOf(fold(typeof one === "string" ? transcript(one) : one).state.transcript);

const told = (handler: EventHandler, data: Record<string, unknown>): unknown =>
  handler.handle({ type: "json", time: "", received: 0, origin: { by: "other" }, ...data, data });

interface Step extends FoldedTranscript {
  readonly at: string; // run:line
  readonly fresh: readonly AgentEvent[];
}
/** The fold after each line, its process alive. */
function steps({ runs, fold: kind }: Transcript): readonly Step[] {
  const cuts = runs.flatMap(({ lines: all }, before) =>
    all.map((_line, at) => {
      const folded = foldRuns([...runs.slice(0, before), { lines: all.slice(0, at + 1) }], kind);
      return { ...folded, at: `${before + 1}:${at + 1}` };
    }),
  );
  return cuts.map((cut, at) => {
    const fresh = cut.events.slice(cuts[at - 1]?.events.length ?? 0);
    return { ...cut, fresh: fresh.map(({ time: _time, ...event }) => event) };
  });
}

interface Pin {
  readonly lines: readonly unknown[]; // those that mean something, and how the agent stands after each
  readonly end: unknown; // the last snapshot, without what a transcript does not tell
  readonly transcript: readonly string[];
}
function pinOf(one: Transcript): Pin {
  const { id: _i, handle: _h, task: _k, dir: _d, started: _s, runner: _r, tail: _t, ...end } = shown(one);
  const telling = steps(one).filter(({ fresh }) => fresh.length > 0);
  const rows = telling.map(({ at, fresh, snapshot: { phase, activity, turns } }) => ({
    at,
    stands: { phase, activity, turns },
    events: fresh,
  }));
  return { lines: rows, end, transcript: lines(one) };
}
/** One row a line, so that a difference can be read. */
const formatRows = (rows: readonly unknown[]): string => rows.map((row) => `\n    ${JSON.stringify(row)}`).join(",");
const formatPin = (pin: Pin): string =>
  `{\n  "lines": [${formatRows(pin.lines)}\n  ],\n  "end": ${JSON.stringify(pin.end)},\n  "transcript": [${formatRows(pin.transcript)}\n  ]\n}\n`;

for (const one of [...TRANSCRIPTS, ...PAIRS]) {
  test(`${one.name} folds to its pinned state`, () => {
    const path = `${FOLDER}/pinned/${one.name}.json`;
    const pin = formatPin(pinOf(one));
    if (UPDATE) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, pin);
    }
    assert.deepEqual(JSON.parse(pin), JSON.parse(readFileSync(path, "utf8")));
  });
}

test("no transcript is left out, and no line of one is unknown", () => {
  const files = ["acp", "claude", "codex", "gemini", "opencode"].flatMap((agent) =>
    readdirSync(`${FOLDER}/${agent}`).map((file) => `${agent}/${file.replace(/\.[a-z]+$/, "")}`),
  );
  assert.deepEqual(files.toSorted(), TRANSCRIPTS.map(({ name }) => name).toSorted());
  for (const one of TRANSCRIPTS) assert.equal(shown(one).unknown_events, undefined, one.name);
});

test("claude's dollars are cumulative over a resume, its tokens are those of a turn", () => {
  assert.equal(shown("claude/first").usage?.cost_usd, 0.00834);
  assert.equal(shown(CLAUDE).usage?.cost_usd, 0.01668);
  assert.equal(shown(CLAUDE).usage?.input_tokens, 4800);
});

test("codex's tokens are those of the thread, its resume counts none twice", () => {
  const { input_tokens: input = 0, cache_read_tokens: read = 0, output_tokens: output } = shown(CODEX).usage ?? {};
  assert.equal(input + read, 4800);
  assert.equal(read, 800);
  assert.equal(output, 136);
});

test("opencode's steps and gemini's runs are added", () => {
  const tokens = { input_tokens: 4000, output_tokens: 136, cache_read_tokens: 800 };
  assert.deepEqual(shown(OPENCODE).usage, { ...tokens, cache_write_tokens: 0, cost_usd: 0.01428 });
  assert.deepEqual(shown(GEMINI).usage, tokens);
});

test("a resumed run goes on with the same conversation", () => {
  for (const pair of PAIRS) {
    const { run, turns, status, last_assistant, agent_session } = shown(pair);
    assert.deepEqual([run, turns, status], [2, 2, "done"], pair.name);
    assert.equal(last_assistant, 'Done. users=2 last="second turn"', pair.name);
    assert.equal(agent_session, shown(`${pair.name.split("/")[0]}/first`).agent_session, pair.name);
  }
});

test("an agent that asks waits, for what it asked", () => {
  const asked = {
    "claude/permission-stdio": "Bash: echo x > out.txt",
    "acp/permission-claude": "execute: echo x > out.txt",
    "acp/permission-opencode": "execute: echo x > out.txt",
  };
  for (const [name, what] of Object.entries(asked)) {
    const all = steps(transcript(name));
    const at = all.findIndex(({ fresh }) => fresh.some(({ kind }) => kind === "waiting"));
    assert.equal(all[at - 1]?.snapshot.phase, "working", name);
    assert.equal(all[at]?.snapshot.phase, "waiting", name);
    assert.deepEqual(
      all[at]?.state.waiting.map((one) => one.what),
      [what],
      name,
    );
    const end = all.at(-1)?.snapshot; // the answer is skep's to log; without it the turn's end ends the waiting
    assert.deepEqual([end?.phase, end?.waiting], ["idle", undefined], name);
  }
});

test("an exit code of 0 is no success when the last turn was cancelled or left open", () => {
  for (const name of ["claude/sigint", "opencode/permission-denied"]) {
    const { status, exit_code } = shown(name);
    assert.deepEqual([status, exit_code], ["failed", 0], name);
  }
});

test("a cancelled turn counts, and leaves a live agent idle", () => {
  const interrupted = steps(transcript("claude/live-interrupt")).find(({ at }) => at === "1:5");
  assert.deepEqual([interrupted?.snapshot.phase, interrupted?.snapshot.turns], ["idle", 1]);
  assert.equal(interrupted?.state.outcome?.kind, "cancelled");
  for (const name of ["codex/app-server", "opencode/serve-events-sse"]) {
    const { state } = fold(transcript(name));
    assert.deepEqual([state.turns, state.outcome?.kind], [2, "cancelled"], name);
  }
  for (const one of ACP) {
    const first = steps(one).findLast(({ at }) => at.startsWith("1:"));
    assert.deepEqual(
      [first?.snapshot.phase, first?.snapshot.turns, first?.state.outcome?.kind],
      ["idle", 2, "cancelled"],
      one.name,
    );
  }
});

test("the error of a model's API is an error and no answer", () => {
  for (const name of [
    "claude/error",
    "claude/error-retry500",
    "codex/error",
    "opencode/error",
    "gemini/error",
    "acp/error-opencode",
  ]) {
    const { last_error, last_assistant, turns } = shown(name);
    assert.match(last_error ?? "", /fake error (401|500)/, name);
    assert.deepEqual([last_assistant, turns], [undefined, 1], name);
    assert.equal(lines(name).filter((line) => line.startsWith("error: ")).length, 1, name);
  }
});

test("retries and warnings end nothing", () => {
  assert.deepEqual(levels("claude/error-retry500"), ["retry", "retry", "terminal"]);
  assert.deepEqual(levels("codex/error"), ["warning", "retry", "terminal"]);
  assert.deepEqual(levels("codex/first"), ["warning"]);
  assert.equal(shown("codex/first").last_error, undefined);
});

test("a session that is not found is not taken for the agent's own", () => {
  const { agent_session, last_error, usage } = shown("claude/error-resume-unknown");
  assert.equal(agent_session, undefined);
  assert.match(last_error ?? "", /^No conversation found/);
  assert.equal(usage?.cost_usd, undefined);
  assert.match(lines("acp/gemini").at(-2) ?? "", /^error: .*--list-sessions/);
});

test("what ACP repeats of a loaded session counts once", () => {
  for (const one of ACP) {
    const all = lines(one);
    for (const once of ['Done. users=1 last="say hi please"', "I will run a command."]) {
      assert.equal(all.filter((line) => line === once).length, 1, one.name);
    }
    assert.equal(shown(one).turns, 3, one.name);
    assert.match(shown(one).last_assistant ?? "", /^Done\. users=\d last="after load PLAIN"$/, one.name);
  }
  assert.equal(shown("acp/claude").usage?.cost_usd, 0.01251); // its amount began anew
  assert.equal(shown("acp/opencode").usage?.cost_usd, 0.01071); // its amount went on
});

test("deltas of one message join, others do not", () => {
  assert.equal(shown("codex/app-server").last_assistant, "tick0 tick1 ");
  assert.equal(shown("opencode/serve-events-sse").last_assistant, "tick0 tick1 tick2 ");
  const [warning, first] = lines("acp/codex"); // a warning, told as a chunk of a message without id
  assert.match(warning ?? "", /^Warning: .*issues\.$/);
  assert.equal(first, "I will run a command.");
});

test("each tool that started has ended, and how it went is told", () => {
  for (const one of TRANSCRIPTS) {
    const { state, events } = fold(one);
    assert.deepEqual(state.tools, [], one.name);
    const tools = events.filter((event) => event.kind === "tool");
    const started = new Set(tools.flatMap(({ id, phase }) => (phase === "started" ? [id] : [])));
    const ended = tools.filter(({ phase }) => phase === "ended");
    for (const id of started)
      assert.ok(
        ended.some((tool) => tool.id === id),
        one.name,
      );
    assert.ok(
      ended.every(({ ok }) => ok === !one.name.endsWith("permission-denied")),
      one.name,
    );
  }
});

test("questions and limits that no transcript holds are told too", () => {
  const until = "2026-11-23T15:44:43.000Z";
  const resetsAt = Date.parse(until) / 1000;
  assert.deepEqual(
    told(codexApp, { id: 7, method: "item/commandExecution/requestApproval", params: { command: "rm -r dist" } }),
    [{ kind: "waiting", request: "7", what: "command: rm -r dist" }],
  );
  assert.deepEqual(
    told(codexApp, {
      method: "account/rateLimits/updated",
      params: { rateLimits: { rateLimitReachedType: "rate_limit_reached", primary: { resetsAt } } },
    }),
    [{ kind: "limit", message: "rate limit reached: rate_limit_reached", until }],
  );
  assert.deepEqual(
    told(claude, {
      type: "rate_limit_event",
      rate_limit_info: { status: "rejected", rateLimitType: "five_hour", resetsAt },
    }),
    [{ kind: "limit", message: "rate limit reached: five_hour", until }],
  );
});

test("what a subagent of claude says is no answer", () => {
  const { fold: kind, runs } = transcript("claude/first");
  const all = runs.flatMap((run) =>
    run.lines.map((line) => line.replace('"parent_tool_use_id":null', '"parent_tool_use_id":"toolu_1"')),
  );
  const { state } = foldRuns([{ lines: all.slice(0, -1) }], kind);
  assert.deepEqual([state.answer, linesOf(state.transcript)], [undefined, []]);
});

test("what an agent thinks and what its sub-agent says are no words of its own", () => {
  const THOUGHT = "The user wants me to think first.";
  const SUBAGENT = "say hi from a sub-agent";
  for (const one of TRANSCRIPTS) {
    const raw = one.runs.flatMap((run) => run.lines).join("\n");
    const words = fold(one).events.flatMap((event) => (event.kind === "message" ? [event.text] : []));
    assert.ok(!words.join("\n").includes(THOUGHT), one.name);
    assert.ok(!words.includes(`Done. users=1 last="${SUBAGENT}"`), one.name);
    const thinks = fold(one).events.some((event) => event.kind === "activity" && event.text === "thinking");
    assert.ok(thinks || !raw.includes(THOUGHT), one.name);
    assert.ok(raw.includes(SUBAGENT) || !one.name.includes("subagent"), one.name);
    assert.ok(raw.includes(THOUGHT) || !/thinking|reasoning/.test(one.name), one.name);
  }
});
