import assert from "node:assert/strict";
import type { Output } from "../core/entry.ts";
import { eventsFault } from "../core/event-schema.ts";
import { foldTranscript } from "../core/fold-transcript.ts";
import { makeTranslate } from "../core/translate.ts";
import type { AgentEvent, EventHandler, LogEntry, Runner } from "../types.ts";
import { type Check, register } from "./check.ts";
import { damage, seeded } from "./damage.ts";
import { deepFreeze, withoutClock } from "./pure.ts";
import { checkShape } from "./shape.ts";
import { entryOf, readTranscript, type TranscriptSource } from "./transcript-file.ts";

/** What a handler is tested on. */
export interface HandlerContract {
  /** At least one line of them must mean something to the handler. */
  readonly transcripts: readonly TranscriptSource[];
  /** Whose output it is: says how lines are read. */
  readonly runner?: Pick<Runner, "output">;
  /** The same without a runner; "events" by default. */
  readonly output?: Output;
  /** How many damaged lines are tried; 10,000 by default. */
  readonly damaged?: number;
}

/** Tests that a handler keeps its contract: it is pure, it takes any line, and it tells only what a handler may tell. */
export function testHandler(handler: EventHandler, contract: HandlerContract): void {
  register(`handler ${handler.name}`, handlerChecks(handler, contract));
}

export function handlerChecks(handler: EventHandler, contract: HandlerContract): readonly Check[] {
  const { runner, output = runner?.output ?? "events", damaged = 10_000 } = contract;
  const lines = (): readonly string[] => contract.transcripts.flatMap((source) => readTranscript(source).lines);
  const entries = (): LogEntry[] => lines().flatMap((line) => (line === "" ? [] : [entryOf(line, output)]));
  const ask = (entry: LogEntry): readonly AgentEvent[] | undefined =>
    handler.types === undefined || handler.types.includes(entry.type) ? handler.handle(entry) : undefined;
  return [
    { title: "has the shape of a handler", run: () => checkShape({ handlers: [handler] }) },
    {
      title: "knows lines of its transcripts",
      run: () =>
        assert.ok(
          entries().some((entry) => ask(entry) !== undefined),
          `no line means anything as ${output}`,
        ),
    },
    {
      title: "is pure: an entry means the same each time, in any order, without a clock",
      run() {
        const all = entries().map(deepFreeze);
        const told = withoutClock(() => all.map(ask));
        const before = JSON.stringify(told);
        assert.deepEqual(all.toReversed().map(ask).toReversed(), told, "the second time, backwards");
        assert.equal(JSON.stringify(told), before, "what it told before was changed afterwards");
      },
    },
    {
      title: "folds a transcript in pieces as it does whole",
      run() {
        const fold = { handlers: [handler], output, turns: "live" } as const;
        for (const source of contract.transcripts) {
          const { lines: all } = readTranscript(source);
          const whole = foldTranscript(all, fold);
          for (let cut = 0; cut < all.length; cut += Math.ceil(all.length / PIECES)) {
            const { events } = foldTranscript(all.slice(0, cut), fold);
            assert.deepEqual(whole.events.slice(0, events.length), events, `cut before line ${cut + 1}`);
          }
          assert.deepEqual(foldTranscript(all, fold), whole);
        }
      },
    },
    {
      title: "leaves to others what it does not know",
      run() {
        const strange = STRANGE[output];
        if (strange === undefined) return;
        const told = makeTranslate([handler])(entryOf(strange, output));
        assert.equal(told, undefined, `for ${strange} undefined is wanted: else nobody learns of new words`);
      },
    },
    {
      title: `reads ${damaged.toLocaleString("en")} damaged lines without a throw, alike each time, as events of the union`,
      run() {
        const whole = lines();
        const broken = damage(whole, damaged, seeded(damaged));
        for (const line of [...whole, ...broken]) {
          if (line === "") continue;
          const entry = deepFreeze(entryOf(line, output));
          withLine(line, () => handler.sessionOf?.(entry));
          const told = withLine(line, () => ask(entry));
          const fault = eventsFault(told);
          assert.equal(fault, undefined, `${fault}, for the line ${line}`);
          assert.deepEqual(ask(entry), told, line);
        }
        const { snapshot } = foldTranscript(broken, { handlers: [handler], output, turns: "live" }, { code: 0 });
        assert.equal(snapshot.phase, "ended");
      },
    },
  ];
}

const PIECES = 40;
/** A line of an agent newer than its handler. A text has no words that could be new. */
const STRANGE: Readonly<Partial<Record<Output, string>>> = {
  events: '{"type":"skep:nobody-says-this"}',
  json: '{"skep:nobody-says-this":true}',
};

function withLine<T>(line: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Error(`it throws for the line ${line}`, { cause: error });
  }
}
