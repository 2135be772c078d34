import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { openSandbox, type Ran, type Sandbox, until } from "../../sandbox.ts";

let box: Sandbox;
before(() => {
  box = openSandbox();
});
after(() => box.close());

const plugin = (): string => join(box.folder, "work", "it.mjs");
const transcript = (): string => join(box.folder, "work", "first.jsonl");
const pin = (): string => `${transcript()}.expected.json`;

const SOURCE = `
export default {
  name: "it", version: "1.0.0", api: 1,
  runners: [{ name: "it", turns: "resume", launch: () => ({ argv: ["true"] }) }],
  handlers: [{ name: "it", runner: "it", handle: ({ type, data }) =>
    type === "answer" ? [{ kind: "message", role: "assistant", text: "it says " + data.text }]
    : type === "end" ? [{ kind: "turn_ended" }] : undefined }],
};
`;
const LINES = '{"type":"answer","text":"hello"}\n{"type":"end"}\n';

beforeEach(() => {
  writeFileSync(plugin(), SOURCE);
  writeFileSync(transcript(), LINES);
  rmSync(pin(), { force: true });
});

const fold = (...flags: readonly string[]): Promise<Ran> =>
  box.run(["plugins", "test", "it", "first.jsonl", "--plugin", "it.mjs", ...flags]);

describe("plugins test", () => {
  test("shows what a transcript comes to, alive or ended as --exit says", async () => {
    const alive = await fold("--json");
    assert.equal(alive.code, 0, alive.stderr);
    assert.match(alive.stderr, /nothing is pinned for it: --update/);
    assert.match(alive.stdout, /"status": "running"[^]*"last_assistant": "it says hello"/);
    assert.match((await fold("--json", "--exit", "0")).stdout, /"status": "done"/);
    assert.match((await fold("--json", "--exit", "3")).stdout, /"status": "failed"[^]*"exit_code": 3/);
  });

  test("pins what it comes to, and holds it against that from then on", async () => {
    assert.match((await fold("--update", "--exit", "0")).stderr, /pinned in .*first\.jsonl\.expected\.json/);
    assert.match(readFileSync(pin(), "utf8"), /^\{\n {2}"state": \{\n {4}"status": "done"/);
    const same = await fold("--json");
    assert.equal(same.code, 0, same.stderr);
    assert.match(same.stdout, /"exit_code": 0/, "the exit code is the pinned one");

    writeFileSync(plugin(), SOURCE.replace("it says ", "it said\\n"));
    const other = await fold();
    assert.equal(other.code, 1);
    assert.match(other.stderr, / {2}state\.last_assistant: "it says hello" was pinned, it is "it said\\nhello"\n/);
    assert.match(other.stderr, / {2}transcript\.1: nothing was pinned, it is "hello"\n/);
    assert.match(other.stderr, /skep: it does not come to what .* \(--update pins it/);
    assert.equal((await fold("--update")).code, 0);
    assert.equal((await fold()).code, 0);
    assert.equal((await fold("--exit", "1")).code, 1);
  });

  test("says what cannot be read, and which plugin is broken", async () => {
    const none = await box.run(["plugins", "test", "it", "none.jsonl", "--plugin", "it.mjs"]);
    assert.equal(none.code, 2);
    assert.match(none.stderr, /cannot read .*none\.jsonl/);
    writeFileSync(pin(), "[]");
    const bad = await fold();
    assert.equal(bad.code, 2);
    assert.match(bad.stderr, /cannot read .*expected\.json/);
    rmSync(pin());
    writeFileSync(plugin(), "export default {");
    assert.equal((await fold()).code, 6);
  });

  describe("with --watch", () => {
    let child: ChildProcess;
    let [shown, said] = ["", ""];
    const sees = (text: RegExp): Promise<unknown> =>
      until(
        () => shown + said,
        (all) => text.test(all),
      );
    afterEach(() => {
      child.kill("SIGKILL");
    });

    test("folds again when the plugin or the transcript is saved, and goes on after a fault", async () => {
      [shown, said] = ["", ""];
      const [program = "", ...words] = process.env["SKEP_UNDER_TEST"]?.split(" ") ?? [resolve("dist/skep")];
      const args = [...words, "plugins", "test", "it", "first.jsonl", "--plugin", "it.mjs", "--watch", "--exit", "0"];
      child = spawn(program, args, { cwd: join(box.folder, "work"), env: box.env, stdio: ["ignore", "pipe", "pipe"] });
      child.stdout?.on("data", (chunk: Buffer) => (shown += chunk.toString("utf8")));
      child.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
      await sees(/it says hello/);
      writeFileSync(plugin(), SOURCE.replace("it says ", "now it says "));
      await sees(/now it says hello/);
      writeFileSync(transcript(), LINES.replace("hello", "goodbye"));
      await sees(/now it says goodbye/);

      writeFileSync(plugin(), "export default {");
      await sees(/it\.mjs is not loaded/);
      rmSync(transcript());
      const replaced = `${plugin()}.new`; // as many editors save
      writeFileSync(replaced, SOURCE.replace("it says ", "at last it says "));
      renameSync(replaced, plugin());
      await sees(/cannot read .*first\.jsonl/);
      writeFileSync(transcript(), LINES);
      await sees(/at last it says hello/);

      const ending = new Promise<number | null>((done) => child.once("exit", done));
      child.kill("SIGINT");
      assert.equal(await ending, 0, said);
    });
  });
});
