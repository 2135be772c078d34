import assert from "node:assert/strict";
import { test } from "node:test";
import { handlerChecks } from "../../src/testing/handler-contract.ts";
import type { AgentEvent, EventHandler, LogEntry } from "../../src/types.ts";
import { assertFails } from "./broken.ts";

const LINES = ['{"type":"hello","text":"one"}', '{"type":"hello","text":"two"}', '{"type":"bye","deep":{"n":1}}'];
const good = ({ type, data }: LogEntry): readonly AgentEvent[] | undefined => {
  const text = data["text"];
  if (type === "bye") return [];
  if (type !== "hello") return undefined;
  return typeof text === "string" ? [{ kind: "message", role: "assistant", text }] : [];
};
const broken = (handle: EventHandler["handle"], titles: readonly string[], why: RegExp): Promise<void> =>
  assertFails(handlerChecks({ name: "it", runner: "it", handle }, { transcripts: [LINES], damaged: 500 }), titles, why);

test("a good handler passes", () => broken(good, [], /^$/));

test("a handler with a state of its own is found out", async () => {
  let count = 0;
  await broken(
    (entry) => (entry.type === "hello" ? [{ kind: "activity", text: `${(count += 1)}` }] : good(entry)),
    ["is pure", "folds a transcript in pieces", "reads 500 damaged lines"],
    /second time, backwards/,
  );
});

test("a handler that asks the clock or chance is found out", async () => {
  const asking = (text: () => string): Promise<void> =>
    broken((entry) => (text(), good(entry)), ["is pure"], /it asks (the clock|chance)/);
  await asking(() => String(Date.now()));
  await asking(() => new Date().toISOString());
  await asking(() => Date());
  await asking(() => String(Math.random()));
  await broken((entry) => (new Date(Date.parse(entry.time)).toISOString(), good(entry)), [], /^$/);
});

test("a handler that changes its entry, or what it told before, is found out", async () => {
  const changing = (entry: LogEntry): readonly AgentEvent[] | undefined => {
    Reflect.set(entry.data, "text", "changed");
    (entry.data as { seen?: boolean }).seen = true;
    return good(entry);
  };
  await broken(changing, ["is pure", "reads 500 damaged lines"], /read only|extensible|not writable/);

  const kept: AgentEvent[] = [];
  const growing = (entry: LogEntry): readonly AgentEvent[] | undefined => {
    const told = good(entry);
    if (told === undefined || told.length === 0) return told;
    kept.splice(0, kept.length, ...told);
    return kept;
  };
  await broken(growing, ["is pure"], /./);
});

test("a handler that trusts what it reads is found out by a damaged line, which is told", async () => {
  await broken(
    ({ type, data }) =>
      type === "hello" ? [{ kind: "message", role: "assistant", text: (data["text"] as string).trim() }] : undefined,
    ["reads 500 damaged lines"],
    /it throws for the line \{/,
  );
  await broken(
    ({ type, data }) => (type === "hello" ? [{ kind: "activity", text: data["text"] as string }] : undefined),
    ["reads 500 damaged lines"],
    /"activity".*: text: Invalid/,
  );
});

test("an event of another kind, a misspelt field and skep's own events are found out", async () => {
  for (const event of [
    { kind: "turn_start" },
    { kind: "turn_ended", err: "x" },
    { kind: "run_stopped", exit: { reason: "exit", code: 0 } },
    "turn_started",
    null,
  ]) {
    const told = [event] as unknown as readonly AgentEvent[];
    const checks = handlerChecks(
      { name: "it", runner: "it", handle: ({ type }) => (type === "hello" ? told : undefined) },
      { transcripts: [LINES], damaged: 10 },
    );
    const damaged = checks.filter(({ title }) => title.startsWith("reads"));
    await assertFails(damaged, ["reads 10 damaged lines"], /no event that a handler may tell|err: /);
  }
});

test("a handler that knows nothing, or claims to know everything, is found out", async () => {
  await broken(() => undefined, ["knows lines"], /no line means anything as events/);
  await broken((entry) => good(entry) ?? [], ["leaves to others"], /nobody learns of new words/);
  await assertFails(
    handlerChecks({ name: "it", runner: "it", handle: good }, { transcripts: [LINES], output: "text", damaged: 10 }),
    ["knows lines"],
    /as text/,
  );
});

test("a handler is given only the types that it names", () =>
  assertFails(
    handlerChecks(
      {
        name: "it",
        runner: "it",
        types: ["hello"],
        handle: (entry) => (assert.equal(entry.type, "hello"), good(entry)),
      },
      { transcripts: [LINES], damaged: 100 },
    ),
    [],
    /^$/,
  ));

test("a misspelt key is told with what was meant", () =>
  assertFails(
    handlerChecks({ name: "it", runner: "it", type: ["x"], handle: good } as unknown as EventHandler, {
      transcripts: [LINES],
      damaged: 10,
    }),
    ["has the shape"],
    /is type meant to be types\?/,
  ));
