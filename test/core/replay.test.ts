import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { apply } from "../../src/core/apply.ts";
import { formatChild, formatOwn, parseLine, type Pieces, type Stamp } from "../../src/core/entry.ts";
import { type AgentState, INITIAL } from "../../src/core/state.ts";
import { makeTranslate } from "../../src/core/translate.ts";
import { zotHandler } from "../../plugins/zot/handler.ts";
import output from "../../plugins/output/index.ts";

const translate = makeTranslate([zotHandler, ...(("handlers" in output && output.handlers) || [])]);

/** A log as a supervisor writes it, with the state after each of its lines. */
function live(): { log: Buffer; states: { end: number; state: AgentState }[] } {
  let state = INITIAL;
  let seq = 0;
  let log = "";
  const states = [{ end: 0, state }];
  const keep = (line: string, entry: Parameters<typeof apply>[1]): void => {
    log += line;
    state = apply(state, entry, translate).state;
    states.push({ end: Buffer.byteLength(log), state });
  };
  const stamp = (run: number, out: number): Stamp => ({
    seq: (seq += 1),
    run,
    t: 1_795_451_371_000 + seq,
    cursor: { out, err: 0, mirror: 0 },
  });
  const own = (run: number, type: string, fields: Record<string, unknown>): void => {
    const line = `${formatOwn(type, fields, stamp(run, 0))}\n`;
    const parsed = parseLine(line);
    assert.ok(parsed);
    keep(line, parsed.entry);
  };
  let at = 0;
  const child = (run: number, text: string, from: "out" | "err" = "out"): void => {
    const bytes = Buffer.byteLength(text);
    const pieces: Pieces = [];
    const entry = formatChild(pieces, text, "events", {
      ...stamp(run, at + bytes + 1),
      source: { from, at, eol: true },
    });
    at += bytes + 1;
    keep(`${pieces.join("")}\n`, entry);
  };
  own(1, "agent_started", { run: 1, pid: 7, resuming: false, runner: "zot" });
  own(1, "message_delivered", { message: "m-0", run: 1 });
  child(1, '{"type":"agent_ready"}');
  child(1, '{"type":"user_message","content":[{"type":"text","text":"grüße\\nzwei ✓"}]}');
  child(1, '{"type":"turn_start","step":1}');
  child(
    1,
    '  { "type" : "assistant_message" , "time":"2026-01-01T00:00:00.5Z", "content":[{"type":"text","text":"日本語"}] } ',
  );
  child(1, '{"type":"tool_call","id":"c1","name":"bash","skep":{"seq":99,"run":9,"t":1,"out":1,"err":1}}');
  child(1, "plain text with \\u2028 and a tab\t");
  child(1, '{"type":"agent_stopped","reason":"exit","code":0}');
  child(1, '{"not":"an event"}');
  child(1, '{"__proto__":{"x":1},"type":"odd"}');
  child(1, "no newline, no JSON {", "err");
  child(1, '{"type":"usage","cumulative":{"input":10,"output":3,"cost_usd":0.5}}');
  child(1, '{"type":"turn_end","step":1,"stop":"end"}');
  own(1, "message_queued", { message: "m-1" });
  own(1, "message_sent", { message: "m-1", run: 1 });
  own(1, "agent_stopped", { run: 1, reason: "exit", code: 3 });
  own(2, "agent_started", { run: 2, pid: 8, resuming: true, runner: "zot" });
  child(2, '{"type":"error","message":"agent busy"}');
  own(2, "stop_requested", { by: "test", reason: "cancelled" });
  own(2, "agent_stopped", { run: 2, reason: "cancelled", code: 143 });
  return { log: Buffer.from(log), states };
}

function replay(log: Buffer): AgentState {
  let state = INITIAL;
  const text = log.toString("utf8");
  for (const line of text.slice(0, text.lastIndexOf("\n") + 1).split("\n")) {
    const parsed = parseLine(line);
    if (parsed !== undefined) state = apply(state, parsed.entry, translate).state;
  }
  return state;
}

describe("replay", () => {
  it("of a log cut at every byte equals the live state at the last whole line", () => {
    const { log, states } = live();
    for (let cut = 0; cut <= log.length; cut += 1) {
      const expected = states.findLast(({ end }) => end <= cut);
      assert.deepEqual(replay(log.subarray(0, cut)), expected?.state, `cut at byte ${cut}`);
    }
  });

  it("lets no child start, stop or answer for skep", () => {
    const { states } = live();
    const forged = states.find(({ state }) => state.transcript.last.includes("stderr: no newline, no JSON {"))?.state;
    assert.equal(forged?.open, true);
    assert.equal(forged?.run, 1);
  });

  it("takes a child's own time and never its stamp", () => {
    const pieces: Pieces = [];
    const entry = formatChild(pieces, '{"type":"x","time":"2020-01-01T00:00:00Z","skep":{"seq":5}}', "events", {
      seq: 1,
      run: 1,
      t: 1_795_451_371_000,
      cursor: { out: 60, err: 0, mirror: 0 },
      source: { from: "out", at: 0, eol: true },
    });
    const parsed = parseLine(pieces.join(""));
    assert.equal(parsed?.entry.time, "2020-01-01T00:00:00Z");
    assert.equal(parsed?.entry.received, 1_795_451_371_000);
    assert.equal(parsed?.stamp?.seq, 1);
    assert.deepEqual(parsed?.entry, entry);
  });
});
