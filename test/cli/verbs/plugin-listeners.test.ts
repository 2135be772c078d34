/** Listeners that throw, hang, block and flood in the running supervisor, and edits of plugins it has loaded. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { until } from "../../sandbox.ts";
import { openCli } from "./harness.ts";

const cli = openCli();
const { box, skep, ok } = cli;
const log = (): string => readFileSync(join(cli.root, "supervisor.log"), "utf8");
const read = (path: string): string => (existsSync(path) ? readFileSync(path, "utf8") : "");
function write(name: string, text: string): string {
  const path = join(box.folder, name);
  writeFileSync(path, text);
  return path;
}

test("listeners that throw, hang, block and flood harm nobody, and each is named", async () => {
  const heard = join(box.folder, "heard");
  const bad = write(
    "bad.mjs",
    `export default (api) => ({ name: "bad", version: "1.0.0", api: 1, hooks: {
       "agent:event": () => {
         for (let n = 0; n < 100_000; n += 1) { api.log.info("flood " + n); console.log("print " + n); }
       },
       "agent:turn": () => { for (;;); },
       "agent:status": () => new Promise(() => {}),
       "agent:stop": () => { setTimeout(() => { throw new Error("later"); }); void Promise.reject(new Error("lost")); throw new Error("at once"); },
     } });`,
  );
  const good = write(
    "good.mjs",
    `import { appendFileSync } from "node:fs";
     export default { name: "good", version: "1.0.0", api: 1, hooks: {
       "agent:stop": ({ task }, { reason, code }) => appendFileSync(${JSON.stringify(heard)}, [task, reason, code].join(" ") + "\\n"),
     } };`,
  );
  const words = ["--plugin", bad, "--plugin", good];
  const turns = `echo '{"type":"turn_end","step":1}'`;
  const first = await skep([
    ...words,
    "spawn",
    "-w",
    "-r",
    "exec",
    "--jsonl",
    "first",
    "--",
    "sh",
    "-c",
    `${turns}; exit 3`,
  ]);
  assert.equal(first.code, 1, first.stderr);
  const before: unknown = JSON.parse(await ok("supervisor", "--json"));
  const second = await skep([...words, "spawn", "-w", "-r", "exec", "second", "--", "sh", "-c", "echo two; exit 4"]);
  assert.deepEqual([second.code, second.stdout], [1, "two\n"], second.stderr);
  assert.equal(
    await until(
      () => read(heard),
      (text) => text.includes("second"),
    ),
    "first exit 3\nsecond exit 4\n",
  );
  assert.match(log(), /plugin bad: its agent:turn hook failed: it held up everybody for 10 s, and was cut off/);
  assert.match(log(), /plugin bad: its agent:stop hook failed: at once/);
  for (const fault of [/fault: Error: later[^]*bad\.mjs/, /fault: Error: lost[^]*bad\.mjs/])
    await until(log, (text) => fault.test(text));
  assert.match(log(), /bad\.mjs: more than 100 texts in a minute: the rest is left out/);
  assert.match(log(), /console: more than 100 texts in a minute: the rest is left out/);
  assert.ok(log().split("\n").length < 500, `the log has ${log().split("\n").length} lines`);
  assert.deepEqual(JSON.parse(await ok("supervisor", "--json")), before, "and it is the same supervisor all the time");
});

test("an edit is taken by the next run, and told; one that is broken leaves what was there", async () => {
  const says = (word: string): string =>
    write(
      "edited.mjs",
      `export default { name: "edited", version: "1.0.0", api: 1, runners: [{ name: "edited", turns: "resume", output: "text", verdict: "exit",
         launch: ({ message }) => ({ argv: ["echo", ${JSON.stringify(word)}, message.text] }),
         deliver: () => ({ to: "next_run" }) }] };`,
    );
  const path = says("old");
  const spawned = await skep(["--plugin", path, "spawn", "-w", "-n", "edited", "-r", "edited", "a"]);
  assert.equal(spawned.stdout, "old a\n", spawned.stderr);
  says("new");
  const last = async (): Promise<string | undefined> => (await ok("logs", "edited")).split("\n").at(-1);
  await ok("send", "-w", "edited", "b");
  assert.equal(await last(), "new b");
  assert.match(log(), /plugin \S+edited\.mjs has changed: new runs take it as it is now/);
  write("edited.mjs", "export default 7;");
  await ok("send", "-w", "edited", "c");
  assert.equal(await last(), "new c");
  assert.match(log(), /plugin \S+edited\.mjs is not loaded: .* is not a plugin/);
});

test("other options in the config are taken without a restart, and --plugin alone leaves them", async () => {
  const path = write(
    "limit.mjs",
    `export default ({ options }) => ({ name: "limit", version: "1.0.0", api: 1, hooks: {
       "agent:spawn": ({ task }) => { if (task.length > (options?.max ?? 100)) throw new Error("too long"); } } });`,
  );
  const config = (max: number): readonly string[] => [
    "--config",
    write("limited.json", JSON.stringify({ plugins: [{ path, options: { max } }] })),
  ];
  const spawned = async (...words: readonly string[]): Promise<number | null> =>
    (await skep([...words, "spawn", "-r", "exec", "a task of words", "--", "true"])).code;
  assert.equal(await spawned("--plugin", path), 0);
  assert.equal(await spawned(...config(5)), 1);
  assert.equal(await spawned("--plugin", path), 1);
  assert.equal(await spawned(...config(50)), 0);
});
