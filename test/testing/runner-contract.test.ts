import { test } from "node:test";
import { runnerChecks, type RunnerContract } from "../../src/testing/runner-contract.ts";
import type { Dialogue, Launch, Runner, RunSpec } from "../../src/types.ts";
import { assertFails } from "./broken.ts";

const WHOLE = "hands the task over whole";
const SAME = "describes the same run the same way";
const FLAGS = "does something with each flag";
const COMMANDS = "answers every command the same way";

const good: Runner = {
  name: "it",
  turns: "resume",
  accepts: ["model", "fast"],
  launch: ({ message, agent, args, options }) => ({
    argv: [
      "it",
      ...(agent.model === undefined ? [] : ["-m", agent.model]),
      ...(options["fast"] === true ? ["-f"] : []),
      ...args,
    ],
    stdin: { kind: "text", text: message?.text ?? "" },
  }),
};
const broken = (
  changes: Partial<Runner>,
  titles: readonly string[],
  why: RegExp,
  contract: RunnerContract = {},
): Promise<void> => assertFails(runnerChecks({ ...good, ...changes }, contract), titles, why);
const launching = (
  launch: (run: RunSpec, text: string) => Launch | Promise<Launch>,
  titles: readonly string[],
  why: RegExp,
): Promise<void> => broken({ accepts: [], launch: (run) => launch(run, run.message?.text ?? "") }, titles, why);

test("a good runner passes, whichever way it hands a task over", async () => {
  await broken({}, [], /^$/);
  await launching(({ args }, text) => ({ argv: ["it", ...args], env: { PROMPT: text } }), [], /^$/);
  await launching(
    ({ args }, text) => ({ argv: ["it", ...args], stdin: { kind: "text", text: JSON.stringify({ text }) } }),
    [],
    /^$/,
  );
  await launching(({ args }, text) => ({ argv: ["sh", "-c", 'exec it "$@"', "it", text, ...args] }), [], /^$/);
});

test("a task that becomes part of a shell's program is refused, quoted or not", async () => {
  for (const shell of [
    ["sh", "-c"],
    ["/bin/bash", "-lc"],
    ["env", "dash", "-e", "-o", "errexit", "-c"],
    ["python3", "-c"],
  ]) {
    await launching(
      ({ args }, text) => ({ argv: [...shell, `it '${text.replaceAll("'", `'\\''`)}'`, "it", ...args] }),
      [WHOLE],
      /became it '|a shell would read the task/,
    );
    await launching(({ args }, text) => ({ argv: [...shell, text, ...args] }), [WHOLE], /a shell would read the task/);
  }
  await launching(
    ({ args }, text) => ({ argv: ["sh", "-c", `it ${args.join(" ")}`], stdin: { kind: "text", text } }),
    ["hands what stands after --"],
    /is no word of/,
  );
});

test("a task that is cut, split, changed or forgotten is told", async () => {
  const from = (argv: (text: string) => readonly string[], why: RegExp): Promise<void> =>
    launching(({ args }, text) => ({ argv: ["it", ...argv(text), ...args] }), [WHOLE], why);
  await from((text) => text.split(" "), /became /);
  await from((text) => [text.replaceAll("\n", " ")], /became /);
  await from((text) => [`"${text.replaceAll('"', '\\"')}"`], /became /);
  await from(() => [], /"argv":\["it"\]/);
  await launching(
    ({ agent, args }) => ({ argv: ["it", agent.task, ...args] }),
    ["sends no task again"],
    /skepTaskMark/,
  );
});

test("a launch that is another each time, or shared with the next one, is told", async () => {
  await launching(
    ({ args }, text) => ({ argv: ["it", ...args], stdin: { kind: "text", text }, agent_session: crypto.randomUUID() }),
    [SAME],
    /agent\.id and run/,
  );
  const launch: Launch = { argv: ["it"], stdin: { kind: "open" } };
  await assertFails(
    runnerChecks({ name: "it", turns: "none", launch: () => launch }, { ignoresTask: true }).filter(({ title }) =>
      title.startsWith(SAME),
    ),
    [SAME],
    /the next one would get that too/,
  );
  await assertFails(
    runnerChecks({ ...good, launch: ({ args }) => ({ argv: args as string[] }) }, { args: ["it"] }).filter(
      ({ title }) => title.startsWith(SAME),
    ),
    [SAME],
    /the next one would get that too/,
  );
});

test("a launch of another shape is told with its fault", async () => {
  const bad = (launch: object, why: RegExp): Promise<void> =>
    assertFails(
      runnerChecks({ name: "it", turns: "none", launch: () => launch as Launch }, { ignoresTask: true }).filter(
        ({ title }) => title.startsWith(SAME),
      ),
      [SAME],
      why,
    );
  await bad({ argv: [] }, /names no program/);
  await bad({ argv: ["it\0"] }, /holds a NUL/);
  await bad({ argv: ["it"], stdIn: { kind: "none" } }, /stdIn/);
  await bad({ argv: ["it"], env: { SKEP_ROOT: "/x" } }, /skep's own/);
  await bad({ argv: ["it"], cwd: "here" }, /not absolute/);
  await bad({ argv: ["it"], stdin: { kind: "pipe" } }, /stdin/);
});

test("a flag that is accepted and does nothing, and one that is read and not accepted, are told", async () => {
  await broken({ accepts: ["model", "fast", "slow"] }, [FLAGS], /--slow/);
  await broken({ accepts: ["model"] }, [FLAGS], /fast/);
  await broken(
    {
      accepts: ["fast"],
      launch: ({ message, options, args }) => {
        if (options["fast"] !== undefined && options["fast"] !== "very") throw new Error("how fast?");
        return {
          argv: ["it", ...(options["fast"] === "very" ? ["-ff"] : []), ...args],
          stdin: { kind: "text", text: message?.text ?? "" },
        };
      },
    },
    [],
    /^$/,
    { options: { fast: "very" } },
  );
});

test("a delivery that loses a message, or that cannot arrive, is told", async () => {
  const live = (deliver: NonNullable<Runner["deliver"]>, titles: readonly string[], why: RegExp): Promise<void> =>
    broken(
      {
        turns: "live",
        accepts: [],
        deliver,
        launch: ({ message, args }) => ({ argv: ["it", ...args], stdin: { kind: "open", first: message?.text ?? "" } }),
      },
      titles,
      why,
    );
  const refuse = { to: "refused", why: "no" } as const;
  await live((command) => (command.kind === "user" ? { to: "stdin", text: `${command.text}\n` } : refuse), [], /^$/);
  await live(
    (command) => (command.kind === "user" ? { to: "stdin", text: command.text } : refuse),
    [COMMANDS],
    /newline/,
  );
  await live(
    (command) => (command.kind === "user" ? { to: "inbox", line: command.text } : refuse),
    [COMMANDS],
    /more than one line/,
  );
  await live(
    (command) => (command.kind === "user" ? { to: "inbox", line: command.text.split("\n")[0] ?? "" } : refuse),
    [COMMANDS],
    /became/,
  );
  await live(() => ({ to: "signal", signal: "SIGINT" }), [COMMANDS], /tells no text/);
  await live(() => undefined as never, [], /^$/);
  await broken({ deliver: () => ({ to: "stdin", text: "x\n" }) }, [COMMANDS], /opens a stdin/);
  await broken({ turns: "live" }, ["can be spoken to"], /needs deliver or dialogue/);
});

test("a detect that throws, or names no way out, is told", async () => {
  const title = "says where its program is";
  await broken({ detect: ({ PATH }) => ({ path: (PATH as string).slice(0) }) }, [title], /./);
  await broken({ detect: () => ({ missing: "it", hint: "" }) }, [title], /hint/);
  await broken({ detect: () => undefined as never }, [], /^$/);
});

test("a dialogue that keeps something outside of its state is found out", async () => {
  const step = (state: unknown, ...send: string[]): ReturnType<Dialogue["start"]> => ({ state, send });
  const pure: Dialogue = {
    start: () => step({ id: 1 }, '{"id":1}'),
    read: (state) => step(state),
    say: (state, command) => step({ id: (state as { id: number }).id + 1 }, JSON.stringify(command)),
  };
  const led = (changes: Partial<Dialogue>, titles: readonly string[], why: RegExp): Promise<void> =>
    broken(
      {
        turns: "live",
        dialogue: { ...pure, ...changes },
        launch: ({ args }) => ({ argv: ["it", ...args] }),
        accepts: [],
      },
      titles,
      why,
      {
        transcripts: [['{"type":"a","text":"x"}', '{"type":"b"}']],
      },
    );
  await led({}, [], /^$/);
  let id = 0;
  await led({ say: (state) => step(state, `${(id += 1)}`) }, ["leads the same conversation"], /step/);
  await led(
    { say: (state) => (((state as { id: number }).id += 1), step(state)) },
    ["leads the same conversation"],
    /read only|readonly|Cannot assign/,
  );
  await led(
    { say: (state) => step(state, "two\nlines") },
    ["leads the same conversation", "takes 2,000 damaged lines"],
    /more than one line/,
  );
  await led(
    { read: (state, { data }) => step(state, (data["text"] as string | undefined)?.slice(0) ?? "") },
    ["takes 2,000 damaged lines"],
    /./,
  );
});
