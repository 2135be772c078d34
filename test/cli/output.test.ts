import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { openOutput } from "../../src/cli/output.ts";
import type { Sink } from "../../src/cli/standard-streams.ts";
import { SkepError } from "../../src/errors.ts";

const SPEAKER = join(process.cwd(), "test/cli/speaker.ts");
/** Node 20 runs no TypeScript, and these are processes of their own: Bun and Deno run them. */
const skip = "Bun" in globalThis || "Deno" in globalThis ? false : "needs a runtime that runs TypeScript";
const front = "Deno" in globalThis ? ["run", "-A", "--no-check"] : [];

interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}
/** Runs the speaker to its end; `read` sees each chunk of stdout and the process. `under`: a command that goes on as it. */
async function speak(
  args: readonly string[],
  stdout: "pipe" | number = "pipe",
  read?: (child: ChildProcess) => void,
  under: readonly string[] = [],
): Promise<Said> {
  const [command = "", ...words] = [...under, process.execPath, ...front, SPEAKER, ...args];
  const child = spawn(command, words, { stdio: ["ignore", stdout, "pipe"] });
  try {
    let out = "";
    let err = "";
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      out += chunk;
      read?.(child);
    });
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (err += chunk));
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject).once("close", resolve);
    });
    return { code, out, err };
  } finally {
    child.kill("SIGKILL");
  }
}

describe("data on stdout", () => {
  test("three megabytes reach a pipe whole, and the exit code stays", { skip }, async () => {
    const { code, out, err } = await speak(["lines", "3000"]);
    assert.deepEqual({ code, length: out.length, err }, { code: 3, length: 3_000_000, err: "" });
  });

  const perl = "/usr/bin/perl";
  test("so they do where the pipe does not wait", { skip: skip || (!existsSync(perl) && "no perl") }, async () => {
    const unwaiting = [perl, "-MFcntl", "-e", "fcntl(STDOUT, F_SETFL, O_WRONLY | O_NONBLOCK); exec @ARGV"];
    const { code, out, err } = await speak(["lines", "3000"], "pipe", () => {}, unwaiting);
    assert.deepEqual({ code, length: out.length, err }, { code: 3, length: 3_000_000, err: "" });
  });

  test("a reader that leaves ends it quietly", { skip }, async () => {
    const { code, err } = await speak(["lines", "100000000"], "pipe", (child) => child.stdout?.destroy());
    assert.deepEqual({ code, err }, { code: 3, err: "" });
  });

  test("a disk that is full is told", { skip: skip || !existsSync("/dev/full") }, async () => {
    const full = openSync("/dev/full", "w");
    try {
      const { code, err } = await speak(["lines", "1"], full);
      assert.equal(code, 1);
      assert.match(err, /^skep: cannot write to stdout: .*no space left on device.*\n$/i);
    } finally {
      closeSync(full);
    }
  });

  test("a write waits until the stream has taken it", async () => {
    const taken: string[] = [];
    let release = (): void => {};
    const sink = {
      write(data: string | Uint8Array): Promise<void> {
        taken.push(String(data));
        return new Promise<void>((resolve) => (release = resolve));
      },
    };
    let written = false;
    const writing = openOutput(sink)
      .write("one")
      .then(() => (written = true));
    await Promise.resolve();
    assert.deepEqual({ taken, written }, { taken: ["one"], written: false });
    release();
    await writing;
    assert.ok(written);
  });

  test("after the reader has left nothing more is written; another fault is an error", async () => {
    let writes = 0;
    const failing = (code: string): Sink => ({
      write() {
        writes++;
        return Promise.reject(Object.assign(new Error("no"), { code }));
      },
    });
    for (const code of ["EPIPE", "ECONNRESET"]) {
      writes = 0;
      const output = openOutput(failing(code));
      await output.write("one");
      assert.ok(output.closed.aborted, code);
      await output.write("two");
      assert.equal(writes, 1);
    }
    await assert.rejects(
      openOutput(failing("EIO")).write("one"),
      (error) => error instanceof SkepError && error.code === "io",
    );
  });
});

describe("words on stderr", () => {
  test("notices and warnings go to stderr alone, sanitised and in order", { skip }, async () => {
    const { out, err } = await speak(["talk"]);
    assert.deepEqual({ out, err }, { out: "", err: "skep: a notice ␍\nskep: warning: a warning\n" });
  });

  test("quiet keeps the warnings, and verbose adds the details", { skip }, async () => {
    assert.equal((await speak(["talk", "-q"])).err, "skep: warning: a warning\n");
    assert.equal((await speak(["talk", "-v"])).err, "skep: a notice ␍\nskep: a detail\nskep: warning: a warning\n");
  });

  test("an error is one line with its hint, whatever it quotes", { skip }, async () => {
    assert.equal((await speak(["error"])).err, "skep: no agent is called x y� (skep ls -a)\n");
  });

  test("an error as JSON keeps what it quotes, escaped", { skip }, async () => {
    const { err } = await speak(["error", "--json"]);
    assert.doesNotMatch(err, /(?!\n$)[\p{Cc}\p{Cf}]/u);
    assert.deepEqual(JSON.parse(err), {
      error: { code: "not_found", message: "no agent is called \u001b[31mx y\u202e", hint: "skep ls\n-a" },
    });
  });

  test("a fault of skep's own shows its stack when asked", { skip }, async () => {
    const { err } = await speak(["error", "-v"]);
    assert.match(err, /^skep: a bug\n.*TypeError: a bug\n|^skep: a bug\n[^]*speaker\.ts/);
    assert.equal(
      (JSON.parse((await speak(["error", "-v", "--json"])).err) as { error: { code: string } }).error.code,
      "internal",
    );
  });
});
