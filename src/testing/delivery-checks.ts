import assert from "node:assert/strict";
import type { Command, Runner } from "../types.ts";
import { checkAnswer } from "./answers.ts";
import type { Check } from "./check.ts";
import { carries, HOSTILE_TASKS } from "./hostile.ts";
import { deepFreeze } from "./pure.ts";
import { type Runs, SAMPLE_AGENT } from "./sample-run.ts";

const AGENT = deepFreeze({ ...SAMPLE_AGENT, status: "running" as const, run: 1, agent_session: "s-1" });
const COMMANDS: readonly Command[] = deepFreeze([
  ...HOSTILE_TASKS.map((text) => ({ kind: "user" as const, id: "m-1", text })),
  { kind: "cancel" },
  { kind: "shutdown" },
  { kind: "answer", request: "r-1", allow: true },
  { kind: "answer", request: "r-1", allow: false, reason: "no" },
]);

export function deliveryChecks(runner: Runner, runs: Runs): readonly Check[] {
  return [
    {
      title: "can be spoken to while it lives, if its turns are live",
      run: () =>
        assert.ok(
          runner.turns !== "live" || runner.deliver !== undefined || runner.dialogue !== undefined,
          "a live runner needs deliver or dialogue",
        ),
    },
    {
      title: "answers every command the same way each time, and loses nothing of a message",
      async run() {
        const launches = await Promise.all(runs.all.map((changes) => runs.launch(changes)));
        const opens = launches.some(({ stdin }) => stdin?.kind === "open");
        for (const command of COMMANDS) {
          const delivery = runner.deliver?.(command, AGENT);
          if (delivery === undefined) continue;
          checkAnswer("delivery", delivery);
          assert.deepEqual(runner.deliver?.(command, AGENT), delivery);
          const written = delivery.to === "stdin" || delivery.to === "close";
          assert.ok(opens || !written, `no launch of it opens a stdin for ${JSON.stringify(delivery)}`);
          if (command.kind !== "user") continue;
          assert.ok(delivery.to !== "signal" && delivery.to !== "close", `${delivery.to} tells no text`);
          if (delivery.to !== "stdin" && delivery.to !== "inbox") continue;
          const told = delivery.to === "stdin" ? delivery.text : delivery.line;
          assert.ok(carries(told, command.text), `${JSON.stringify(command.text)} became ${told}`);
          assert.ok(delivery.to === "inbox" || told.endsWith("\n"), "a message on stdin ends with a newline");
        }
      },
    },
    {
      title: "names the command of the agent's own screen, if it has one",
      run() {
        const argv = runner.interactive?.(AGENT);
        if (argv === undefined) return;
        checkAnswer("argv", argv);
        assert.deepEqual(runner.interactive?.(AGENT), argv);
      },
    },
  ];
}
