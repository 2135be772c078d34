/** A root of zot's agents, the same each time: 60 % messages of about 200 bytes, tools, plain lines, turns; 70 % have ended. */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";

type Random = () => number;

/** mulberry32: small, and the same on every runtime. */
function makeRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const WORDS =
  "the agent reads file then edits function returns error while test suite passes with warning about unused import so we refactor parser module and update schema before commit; retry network call after timeout, check type of value ✓ naïve café path/to/file.ts:42 const x = await run(cmd) if (err) throw err".split(
    " ",
  );
const TOOLS = ["read_file", "edit_file", "bash", "grep", "list_dir", "write_file"];
const START = Date.UTC(2026, 0, 1);
const FLUSH = 256 * 1024;

const oneOf = <T>(values: readonly T[], random: Random): T => {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new RangeError("there is nothing to choose from");
  return value;
};

function wordsOf(random: Random, bytes: number): string {
  let text = "";
  while (text.length < bytes) text += (text === "" ? "" : " ") + oneOf(WORDS, random);
  return text;
}

function makePool(seed: number): readonly string[] {
  const random = makeRandom(seed * 7_919 + 13);
  return Array.from({ length: 1_000 }, (_, at) => {
    const text = wordsOf(random, 90 + Math.floor(random() * 60));
    return at % 9 === 0 ? text.replace(" ", "\n") : text;
  });
}

export function makeRoot(root: string, agents: number, events: number, seed = 1): void {
  const pool = makePool(seed);
  for (let at = 0; at < agents; at += 1) makeAgent(root, at, events, makeRandom(seed * 1_000_003 + at * 7 + 1), pool);
}

function makeAgent(root: string, at: number, events: number, random: Random, pool: readonly string[]): void {
  const id = `bench-${String(at).padStart(9, "0")}`;
  const folder = join(root, "agents", id);
  mkdirSync(folder, { recursive: true });
  let now = START + at * 1_000;
  const time = (): string => new Date((now += 50 + Math.floor(random() * 2_000))).toISOString();
  const meta = {
    id,
    task: wordsOf(random, 40 + random() * 60),
    dir: "/",
    started: time(),
    inbox_path: join(folder, "inbox.sock"),
    event_log_path: join(folder, "events.jsonl"),
    session_path: join(folder, "session.json"),
  };
  writeFileSync(meta.session_path, `${JSON.stringify({ id, messages: [] })}\n`);
  writeFileSync(join(folder, "meta.json"), `${JSON.stringify(meta, undefined, 2)}\n`);
  const stopped = random() < 0.7;
  const fd = openSync(meta.event_log_path, "w");
  let buffer = "";
  const say = (type: string, more: object): void => {
    buffer += `${JSON.stringify({ type, time: time(), ...more })}\n`;
    if (buffer.length < FLUSH) return;
    writeSync(fd, buffer);
    buffer = "";
  };
  writeEvents(stopped ? events - 1 : events, random, pool, say);
  if (stopped) say("agent_stopped", endOf(random()));
  writeSync(fd, buffer);
  closeSync(fd);
}

function writeEvents(
  count: number,
  random: Random,
  pool: readonly string[],
  say: (type: string, more: object) => void,
): void {
  const blocks = (): object => ({ content: [{ type: "text", text: oneOf(pool, random) }] });
  let turn = false;
  for (let at = 0; at < count; at += 1) {
    const kind = random();
    if (kind < 0.6667) say("assistant_message", blocks());
    else if (kind < 0.7778 && at + 1 < count) {
      say("tool_call", { id: `call_${at}`, name: oneOf(TOOLS, random), args: { path: `src/m${at % 97}.ts` } });
      say("tool_result", { id: `call_${at}`, is_error: random() < 0.05, ...blocks() });
      at += 1;
    } else if (kind < 0.8889) say("stdout", { text: oneOf(pool, random).slice(0, 80) });
    else {
      turn = !turn;
      say(turn ? "turn_start" : "turn_end", { step: at, ...(turn ? {} : { stop: "end" }) });
    }
  }
}

const endOf = (chance: number): object =>
  chance < 0.75 ? { reason: "exit", code: chance < 0.6 ? 0 : 1 } : { reason: chance < 0.9 ? "cancelled" : "shutdown" };
