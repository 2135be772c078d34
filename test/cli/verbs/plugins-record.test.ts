import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { ended, openSandbox, type Ran, type Sandbox, until } from "../../sandbox.ts";

let box: Sandbox;
let temp: string;
before(() => {
  box = openSandbox();
  temp = join(box.folder, "temp");
  mkdirSync(temp);
});
after(() => box.close());

const work = (name: string): string => join(box.folder, "work", name);
const recordings = (): readonly string[] => readdirSync(temp).filter((name) => name.startsWith("skep-record-"));
const record = (...args: readonly string[]): Promise<Ran> =>
  box.run(["plugins", "record", ...args], { env: { TMPDIR: temp, MY_API_KEY: "very-secret-value" } });

describe("plugins record", () => {
  test("keeps what an agent printed, without paths and keys of this machine, and leaves nothing else", async () => {
    writeFileSync(
      work("agent.sh"),
      `#!/bin/sh\nread -r line\necho "{\\"type\\":\\"answer\\",\\"text\\":\\"$MY_API_KEY in $PWD, $HOME/.agent, $SKEP_ROOT\\"}"\necho "sk-abcdefghijklmnopqrst $SKEP_AGENT_ID"\nprintf 'no newline'\nexit 3\n`,
    );
    chmodSync(work("agent.sh"), 0o700);
    writeFileSync(
      work("it.mjs"),
      `export default { name: "it", version: "1.0.0", api: 1, runners: [{ name: "it", turns: "resume",
        launch: ({ args, message }) => ({ argv: ["./agent.sh", ...args], stdin: { kind: "text", text: message.text + "\\n" } }) }] };`,
    );
    const ran = await record("it", "say", "hi", "--plugin", "it.mjs");
    assert.deepEqual([ran.code, ran.stdout], [0, `${work("it-say-hi.jsonl")}\n`], ran.stderr);
    assert.match(ran.stderr, /exit 3 .*skep plugins test it .*it-say-hi\.jsonl --exit 3 --update/);
    assert.equal(
      readFileSync(work("it-say-hi.jsonl"), "utf8"),
      '{"type":"answer","text":"REDACTED in /home/user/project, /home/user/.agent, /state"}\nREDACTED recorded-000000\nno newline',
    );
    assert.deepEqual(recordings(), []);
    assert.equal((await box.run(["ls", "-a", "--json"])).stdout.trim(), "[]", "the user's own root is untouched");
  });

  test("takes arguments for the agent and another file, and overwrites none", async () => {
    const args = ["exec", "--out", "mine.txt", "--", "sh", "-c", 'echo "$1"', "sh", "it's $HOME"];
    assert.equal((await record(...args)).stdout, `${work("mine.txt")}\n`);
    assert.equal(readFileSync(work("mine.txt"), "utf8"), "it's $HOME\n");
    const again = await record(...args);
    assert.equal(again.code, 2);
    assert.match(again.stderr, /mine\.txt is there already/);
    assert.equal((await record("nobody", "hi")).code, 2);
  });

  test("ends an agent that would live on when it is idle", async () => {
    const ran = await record("demo", "hello there", "--out", "demo.jsonl");
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(readFileSync(work("demo.jsonl"), "utf8"), /"text":"echo: hello there \(turn 1\)"/);
    const folded = await box.run(["plugins", "test", "demo", "demo.jsonl", "--json"]);
    assert.match(folded.stdout, /"last_assistant": "echo: hello there \(turn 1\)"/);
  });

  test("ends the agent when it is interrupted, and keeps nothing", async () => {
    const [program = "", ...words] = process.env["SKEP_UNDER_TEST"]?.split(" ") ?? [resolve("dist/skep")];
    const script = `echo $$ >"$1"; exec sleep 600`;
    const args = [
      ...words,
      "plugins",
      "record",
      "exec",
      "--out",
      "cut.txt",
      "--",
      "sh",
      "-c",
      script,
      "sh",
      work("pid"),
    ];
    const env = { ...box.env, TMPDIR: temp };
    const child = spawn(program, args, { cwd: join(box.folder, "work"), env, stdio: ["ignore", "pipe", "pipe"] });
    const ran = ended(child);
    let pid = 0;
    try {
      pid = Number(
        await until(
          () => read(work("pid")),
          (text) => /^\d+\n$/.test(text),
        ),
      );
      child.kill("SIGINT");
      assert.equal((await ran).code, 130);
      assert.match((await ran).stderr, /interrupted: the agent was ended/);
      await until(
        () => read(`/proc/${pid}/stat`),
        (stat) => stat === "",
      );
    } finally {
      child.kill("SIGKILL");
      if (pid > 0 && read(`/proc/${pid}/stat`) !== "") process.kill(pid, "SIGKILL");
    }
    assert.equal(read(work("cut.txt")), "");
    assert.deepEqual(recordings(), []);
  });
});

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
