/** Listeners of strangers: what one does harms neither the others nor us. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type HookBus, type HookTools, makeHooks } from "../../src/core/hooks.ts";
import type { Hooks } from "../../src/define-plugin.ts";
import type { Snapshot } from "../../src/types.ts";

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- listeners here look at nothing of it
const agent = { id: "it-000000" } as Snapshot;
const turned = (hooks: HookBus): void => hooks.tell("agent:turn", agent, {});
const settled = (): Promise<void> => new Promise((done) => setTimeout(done));

function bus(tools: Partial<HookTools> = {}): { hooks: HookBus; reports: string[] } {
  const reports: string[] = [];
  const hooks = makeHooks({
    report: (plugin, hook, reason) => reports.push(`${plugin} ${hook}: ${reason}`),
    limit: async (work) => work,
    call: (work) => work(),
    ...tools,
  });
  return { hooks, reports };
}
const throws = (text: string): Partial<Hooks> => ({
  "agent:turn": () => {
    throw new Error(text);
  },
});

describe("a listener", () => {
  test("that throws, now or later, is named, and the others are told all the same", async () => {
    const { hooks, reports } = bus();
    let heard = 0;
    hooks.add("loud", throws("now"));
    hooks.add("slow", { "agent:turn": () => Promise.reject(new Error("later")) });
    hooks.add("good", { "agent:turn": () => void (heard += 1) });
    turned(hooks);
    await settled();
    assert.deepEqual([heard, reports], [1, ["loud agent:turn: now", "slow agent:turn: later"]]);
  });

  test("that never ends is named, and after 1,000 such calls is called no more until one of them ends", async () => {
    const ends: (() => void)[] = [];
    const { hooks, reports } = bus({ limit: (work) => Promise.race([work, Promise.reject(new Error("no answer"))]) });
    let heard = 0;
    hooks.add("hangs", { "agent:turn": () => new Promise<void>((end) => ends.push(end)) });
    hooks.add("good", { "agent:turn": () => void (heard += 1) });
    for (let n = 0; n < 3_000; n += 1) turned(hooks);
    await settled();
    assert.deepEqual([heard, ends.length], [3_000, 1_000]);
    assert.equal(reports.filter((text) => text === "hangs agent:turn: no answer").length, 1_000);
    assert.equal(reports.filter((text) => /1000 calls of it have not ended/.test(text)).length, 1);
    ends[0]?.();
    await settled();
    turned(hooks);
    assert.equal(ends.length, 1_001);
  });

  test("that holds up everybody is named and not called again, and a guard of that kind refuses", async () => {
    let calls = 0;
    const { hooks, reports } = bus({
      call: (work, heldUp) => {
        const result = work();
        if (result !== "held up") return result;
        heldUp();
        throw new Error("it held up everybody");
      },
    });
    const holds = (): void => {
      calls += 1;
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- stands for a loop without end
      return "held up" as unknown as void;
    };
    hooks.add("holds", { "agent:turn": holds, "agent:spawn": holds });
    for (let n = 0; n < 10; n += 1) turned(hooks);
    assert.deepEqual([calls, reports], [1, ["holds agent:turn: it held up everybody"]]);
    const spawned = (): Promise<void> => hooks.ask("agent:spawn", { task: "", runner: "", dir: "" });
    await assert.rejects(spawned(), /plugin holds refused agent:spawn: it held up everybody/);
    await assert.rejects(spawned(), /plugin holds refused agent:spawn: it is not called any more/);
    assert.equal(calls, 2);
  });

  test("of a plugin that was taken away hears nothing any more", () => {
    const { hooks, reports } = bus();
    hooks.add("first", throws("first"))();
    hooks.add("second", throws("second"));
    turned(hooks);
    assert.deepEqual(reports, ["second agent:turn: second"]);
  });
});
