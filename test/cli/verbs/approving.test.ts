/** What an agent asks for, and who answers: a person by `approve` and `deny`, or what was decided at its spawn. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Detail } from "../../../src/types.ts";
import { errorOf, openCli } from "./harness.ts";

const cli = openCli();
const { ok, fails, skep, show, becomes, work } = cli;

/** Asks for each word of its task, then says what it was told. */
writeFileSync(
  join(work, "child.mjs"),
  `import { createInterface } from "node:readline";
   const say = (value) => process.stdout.write(JSON.stringify(value) + "\\n");
   const words = process.argv[2].split("/");
   say({ type: "begin" });
   for (const [at, what] of words.entries()) say({ type: "ask", id: "r-" + at, what });
   let answers = [];
   for await (const line of createInterface({ input: process.stdin })) {
     answers.push(line);
     if (answers.length === words.length) say({ type: "end", text: answers.join(", ") });
   }`,
);
const plugin = (name: string, more: string): string => {
  const file = join(work, `${name}.mjs`);
  writeFileSync(
    file,
    `export default { name: "${name}", version: "1.0.0", api: 1,
      runners: [{ name: "${name}", turns: "live", ${more}
        launch: ({ message }) => ({ argv: ["node", ${JSON.stringify(join(work, "child.mjs"))}, message.text], stdin: { kind: "open" } }),
        deliver(command) {
          if (command.kind === "shutdown") return { to: "close" };
          if (command.kind !== "answer") return { to: "refused", why: "it only asks" };
          return { to: "stdin", text: (command.allow ? "yes " : "no ") + command.request + " " + (command.reason ?? "-") + "\\n" };
        } }],
      handlers: [{ name: "${name}", runner: "${name}", handle({ type, data }) {
        if (type === "begin") return [{ kind: "turn_started" }];
        if (type === "ask") return [{ kind: "waiting", request: data.id, what: data.what }];
        if (type === "end") return [{ kind: "message", role: "assistant", text: data.text }, { kind: "turn_ended" }];
      } }] };`,
  );
  return file;
};
const plugins = [plugin("asker", "asks: true,"), plugin("mute", "")];
const home = join(cli.box.folder, "home/.config/skep");
mkdirSync(home, { recursive: true });
writeFileSync(join(home, "config.json"), JSON.stringify({ plugins }));
const spawn = (...words: readonly string[]): Promise<string> => ok("spawn", "-r", "asker", ...words);
const asks = ({ phase, waiting = [] }: Detail): boolean => phase === "waiting" && waiting.length > 0;
const idle = ({ phase }: Detail): boolean => phase === "idle";

describe("approve and deny", () => {
  test("answer the one request of an agent, and what it waits for stands in words", async () => {
    const id = await spawn("Bash: rm -r dist");
    const waiting = await becomes(id, asks);
    assert.deepEqual([waiting.activity, waiting.waiting?.[0]?.request], ["Bash: rm -r dist", "r-0"]);
    assert.equal(await ok("approve", id), id);
    const agent = await becomes(id, idle);
    assert.deepEqual([agent.last_assistant, agent.waiting], ["yes r-0 -", undefined]);
  });

  test("tell the agent why", async () => {
    const id = await spawn("Edit: a.ts");
    await becomes(id, asks);
    const told = JSON.parse(await ok("--json", "deny", id, "r-0", "-m", "not that file"));
    assert.deepEqual(told, { id, request: "r-0", allow: false, reason: "not that file" });
    assert.equal((await becomes(id, idle)).last_assistant, "no r-0 not that file");
  });

  test("want to know which of several, by its name or a prefix, in any order", async () => {
    const id = await spawn("Read: a/Read: b");
    await becomes(id, ({ waiting }) => waiting?.length === 2);
    assert.match(await fails(3, "approve", id), /asks for 2 things: r-0 \(Read: a\), r-1 \(Read: b\)/);
    assert.match(await fails(3, "approve", id, "r-7"), /does not ask r-7 \(it asks: r-0, r-1\)/);
    await ok("deny", id, "r-1");
    await becomes(id, ({ waiting }) => waiting?.length === 1);
    await ok("approve", id, "r-");
    assert.equal((await becomes(id, idle)).last_assistant, "no r-1 -, yes r-0 -");
  });

  test("of an agent that asks for nothing are refused with 4", async () => {
    const id = await spawn("--approve", "all", "Read: a");
    await becomes(id, idle);
    assert.match(await fails(4, "approve", id), /asks for nothing/);
    assert.match(await fails(3, "deny", "nobody"), /no agent is called nobody/);
    assert.match(await fails(2, "approve"), /needs <which>/);
  });
});

describe("spawn --approve", () => {
  test("all and never answer for the user, and nobody ever waits", async () => {
    const ran = await skep(["spawn", "-w", "-r", "asker", "--approve", "all", "Bash: a/Edit: b"]);
    assert.deepEqual([ran.code, ran.stdout], [0, "yes r-0 -, yes r-1 -\n"], ran.stderr);
    const never = await skep(["spawn", "-w", "-r", "asker", "--approve", "never", "Bash: a"]);
    assert.deepEqual([never.code, never.stdout], [0, "no r-0 It is not allowed here.\n"], never.stderr);
  });

  test("patterns allow what they cover and leave the rest to a person: 7", async () => {
    const words = ["--approve", "Edit", "--approve", "Bash: git *"];
    const ran = await skep(["spawn", "-w", "-r", "asker", ...words, "Edit: a/Bash: git log/Bash: rm a"]);
    assert.equal(ran.code, 7, ran.stderr);
    const [id = ""] = ran.stderr.split("\n");
    assert.deepEqual(
      (await show(id)).waiting?.map(({ what }) => what),
      ["Bash: rm a"],
    );
    assert.equal(errorOf((await skep(["--json", "wait", id])).stderr).code, "waiting");
    await ok("approve", id);
    assert.equal((await becomes(id, idle)).last_assistant, "yes r-0 -, yes r-1 -, yes r-2 -");
  });

  test("stands in a preset too, and a flag beats it", async () => {
    const config = join(work, "config.json");
    const runners = { bold: { use: "asker", approve: ["Edit"] } };
    writeFileSync(config, JSON.stringify({ runners, plugins }));
    assert.equal((await skep(["--config", config, "spawn", "-w", "-r", "bold", "Edit: a"])).stdout, "yes r-0 -\n");
    const ran = await skep(["--config", config, "spawn", "-w", "-r", "bold", "--approve", "ask", "Edit: a"]);
    assert.equal(ran.code, 7, ran.stderr);
  });

  test("is refused where the runner cannot ask, and where it says nothing", async () => {
    assert.match(await fails(2, "spawn", "-r", "mute", "--approve", "all", "x"), /has no --approve/);
    const words = ["spawn", "-r", "asker", "--approve", "all", "--approve", "Edit", "x"];
    assert.match(await fails(2, ...words), /is not ask, never, all or patterns/);
  });
});
