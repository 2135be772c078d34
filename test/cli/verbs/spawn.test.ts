import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { errorOf, openCli } from "./harness.ts";

const cli = openCli();
const { skep, shell, ok, fails, show, becomes } = cli;

/** Every regular file below, also those of sockets' folders; what cannot be read holds nothing. */
const contents = (folder: string): readonly (readonly [path: string, text: string])[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
    .map((path) => [path, readFileSync(path, "utf8")]);

describe("spawn", () => {
  test("on a cold root lets $(…) return at once: nobody keeps the caller's descriptors", async () => {
    const pipes = join(cli.work, "pipes");
    const told = `readlink /proc/$$/fd/1 /proc/$$/fd/2 >${pipes}; id=$(readlink /proc/self/fd/3 3>&1 >>${pipes}`;
    const { stdout, stderr, code } = await shell(`${told}; timeout 120 skep spawn -- sleep 60) && echo "got $id"`);
    assert.match(stdout, /^got sleep-60-[0-9a-z]{6}\n$/, stderr);
    assert.deepEqual([code, stderr], [0, ""]);
    const { pid = 0 } = await becomes("sleep", ({ run }) => run === 1);
    const callers = readFileSync(pipes, "utf8").trim().split("\n");
    assert.deepEqual([callers.length, callers.at(-1)?.startsWith("pipe:")], [3, true]);
    for (const process of [pid, JSON.parse(await ok("supervisor", "--json"))["pid"] as number]) {
      const held = readdirSync(`/proc/${process}/fd`).map((fd) => linkOf(process, fd));
      assert.deepEqual(
        held.filter((link) => callers.includes(link) || link.startsWith("/dev/pts")),
        [],
      );
    }
    await ok("stop", "@last");
    assert.equal((await show("sleep")).status, "killed");
  });

  test("-w prints the output of a command as it is, and its id on stderr", async () => {
    const bytes = String.raw`printf 'a\n\377\000b'; echo words >&2`;
    const { stdout, stderr, code } = await skep(["spawn", "-w", "--", "sh", "-c", `${bytes}; printf 'no newline'`]);
    assert.deepEqual([code, stdout], [0, "a\n\ufffd\0bno newline"]);
    assert.match(stderr, /^sh-c-\S+\n$/);
    const quiet = await skep(["spawn", "-wq", "--", "echo", "-n", "--json"]);
    assert.deepEqual([quiet.stdout, quiet.stderr], ["--json", ""]);
    const json = await skep(["spawn", "-w", "--json", "--", "sh", "-c", "exit 5"]);
    assert.equal(json.code, 1);
    assert.deepEqual([JSON.parse(json.stdout)["exit_code"], JSON.parse(json.stdout)["status"]], [5, "failed"]);
    assert.equal(errorOf(json.stderr.split("\n")[1] ?? "").code, "agent_failed");
  });

  test("-w prints a live agent's answer and shuts it down, unless --keep", async () => {
    const ran = await skep(["spawn", "-w", "-r", "demo", "say", "this"]);
    assert.deepEqual([ran.code, ran.stdout], [0, "echo: say this (turn 1)\n"]);
    assert.equal((await show(ran.stderr.trim())).status, "done");
    const kept = await skep(["spawn", "-w", "--keep", "-r", "demo", "-"], { input: "from\nstdin\n" });
    assert.equal(kept.stdout, "echo: from\nstdin (turn 1)\n");
    assert.equal((await show(kept.stderr.trim())).phase, "idle");
  });

  test("gives the child the caller's environment, umask and folder, and what the flags name", async () => {
    const file = join(cli.work, "vars");
    writeFileSync(file, "# a comment\r\nexport ONE=1\r\n\nTWO=a=b c\n");
    mkdirSync(join(cli.work, "sub"));
    const script =
      'umask; pwd; echo "$CALLER,$ONE,$TWO,$FLAG,$COPIED"; env | grep -c ^SKEP_; cat; readlink /proc/$$/fd/0';
    const words = [
      "spawn",
      "-w",
      "-C",
      "sub",
      "--env-file",
      file,
      "-e",
      "FLAG=x=y",
      "-e",
      "COPIED",
      "--",
      "sh",
      "-c",
      script,
    ];
    const mask = process.umask(0o027);
    const running = skep(words, { env: { CALLER: "here", COPIED: "too", SKEP_SESSION: "not the child's" } });
    process.umask(mask);
    const { stdout, stderr } = await running;
    assert.deepEqual(
      stdout.split("\n"),
      ["0027", join(cli.work, "sub"), "here,1,a=b c,x=y,too", "3", "/dev/null", ""],
      stderr,
    );
  });

  test("writes no value of a variable down", async () => {
    const [secret, other, third] = ["5ecret-of-the-file", "5ecret-of-the-flag", "5ecret-of-the-caller"];
    const file = join(cli.box.folder, "secrets");
    writeFileSync(file, `SECRET=${secret}\n`);
    const env = { THIRD: third };
    const words = ["--env-file", file, "-e", `OTHER=${other}`, "-e", "THIRD", "--"];
    const ran = await skep(["spawn", "-w", ...words, "sh", "-c", "echo ${#SECRET} ${#OTHER} ${#THIRD}"], { env });
    assert.equal(ran.stdout, `${secret.length} ${other.length} ${third.length}\n`);
    const live = (
      await skep(["spawn", "-w", "--keep", "-r", "demo", ...words.slice(0, -1), "hi"], { env })
    ).stderr.trim();
    await ok("stop", live);
    await ok("send", "-w", live, "again");
    assert.match(await fails(2, "spawn", "-e", `9X=${secret}`, "--", "true"), /--env: it names no variable/);
    const found = contents(cli.root).filter(([, text]) => [secret, other, third].some((value) => text.includes(value)));
    assert.deepEqual(
      found.map(([path]) => path),
      [],
    );
  });

  test("--timeout ends the run with all it started", async () => {
    const { code, stderr } = await skep(["spawn", "-w", "--timeout", "300ms", "--", "sh", "-c", "sleep 70 & sleep 70"]);
    assert.equal(code, 1);
    assert.match(stderr, /ended badly: timed out \(/);
    const { status, activity } = await show("@last");
    assert.deepEqual([status, activity], ["failed", "timed out (offline)"]);
  });

  test("--jsonl reads events, --stdin keeps the input open for send", async () => {
    const event = '{"type":"assistant_message","content":[{"type":"text","text":"said so"}]}';
    const told = await skep(["spawn", "-w", "--jsonl", "--", "echo", event]);
    assert.equal(told.stdout, "said so\n");
    const id = await ok("spawn", "--stdin", "--", "sh", "-c", 'while read -r line; do echo "got $line"; done; exit 3');
    await ok("send", id, "one");
    assert.equal((await skep(["send", id, "-"], { input: "two\nthree\n" })).code, 0);
    assert.equal((await skep(["send", "-w", id, "--", "--four"])).code, 0);
    await becomes(id, ({ tail }) => tail.at(-1) === "got --four");
    assert.equal(await ok("logs", id), "got one\ngot two\ngot three\ngot --four");
    assert.equal(await ok("wait", id), "", "it is idle: what was sent is in its input");
    await ok("stop", id);
    assert.equal((await show(id)).exit_code, 3);
  });

  test("names an agent after its task, or as it is told, and labels it", async () => {
    const id = await ok(
      "spawn",
      "-n",
      "Fix: THE “lint” errors, all of them",
      "-l",
      "a=1",
      "-l",
      "b=x=y",
      "-l",
      "a=2",
      "--",
      "true",
    );
    assert.match(id, /^fix-the-lint-errors-all-[0-9a-z]{6}$/);
    const { labels, handle, task, args } = await show(id);
    assert.deepEqual([labels, handle, task, args], [{ a: "2", b: "x=y" }, id.slice(-6), "true", ["true"]]);
    assert.match(await ok("spawn", "-n", "日本", "--", "true"), /^agent-/);
    const json: unknown = JSON.parse(await ok("spawn", "--json", "--", "true"));
    assert.ok(typeof json === "object" && json !== null && "id" in json && "phase" in json);
  });

  test("of a command that cannot be run fails with 127 or 126, and says why", async () => {
    const missing = await skep(["spawn", "-w", "-n", "gone", "--", "no-such-command-here"]);
    assert.deepEqual([missing.code, missing.stdout], [1, ""]);
    assert.match(missing.stderr, /ended badly: exit 127: .*no-such-command-here.*not found/);
    assert.equal((await show("gone")).exit_code, 127);
    const folder = await skep(["spawn", "-w", "--", cli.work]);
    assert.match(folder.stderr, /ended badly: exit 126/);
  });

  test("refuses what cannot be meant, before anything is made", async () => {
    const before = (await cli.list("-a")).length;
    const refused: readonly (readonly [RegExp, readonly string[]])[] = [
      [/bad task: it is empty/, []],
      [/bad task: it is empty/, ["  "]],
      [/bad task: it is empty/, ["--"]],
      [/bad task: it is empty/, ["-r", "demo"]],
      [/exec needs a command \(.*skep spawn -- make test/, ["-r", "exec", "make", "test"]],
      [
        /no agent CLI can be used here: zot needs zot, which is not on PATH; claude needs claude, which is not on PATH/,
        ["do it"],
      ],
      [/no runner is called nope \(known: exec/, ["-r", "nope", "x"]],
      [/no runner is called dmeo \(did you mean demo\?/, ["-r", "dmeo", "x"]],
      [/runner zot needs/, ["-r", "zot", "x"]],
      [/runner exec has no --model/, ["-m", "gpt", "--", "true"]],
      [/runner exec has no --provider/, ["-p", "acme", "--", "true"]],
      [/runner demo has no --stdin/, ["-r", "demo", "--stdin", "x"]],
      [/no such folder: .*\/missing/, ["-C", "missing", "--", "true"]],
      [/no such folder/, ["-C", "vars", "--", "true"]],
      [/--label: "bad" is not a label/, ["-l", "bad", "--", "true"]],
      [/--timeout: "5" is not a duration such as 500ms/, ["--timeout", "5", "--", "true"]],
      [/--env: NOT_SET_ANYWHERE is not set here/, ["-e", "NOT_SET_ANYWHERE", "--", "true"]],
      [/SKEP_ROOT is skep's own/, ["-e", "SKEP_ROOT=x", "--", "true"]],
      [/cannot read missing: no such file or directory$/, ["--env-file", "missing", "--", "true"]],
      [/spawn has no flag --modell \(did you mean --model\?\)/, ["--modell", "x", "y"]],
      [/--name needs a value: <slug>/, ["-n"]],
    ];
    for (const [message, words] of refused) assert.match(await fails(2, "spawn", ...words), message, words.join(" "));
    assert.equal((await cli.list("-a")).length, before);
  });

  test("takes the one agent CLI that is on PATH", async () => {
    const bin = join(cli.box.folder, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "zot"), '#!/bin/sh\necho \'{"type":"agent_ready"}\'; exit 4\n', { mode: 0o755 });
    const ran = await skep(["spawn", "-w", "do", "it"], { env: { PATH: `${bin}:${cli.box.env["PATH"]}` } });
    rmSync(bin, { recursive: true });
    assert.match(ran.stderr, /^do-it-\w+\nskep: do-it-\w+ ended badly: exit 4/);
    assert.equal((await show("do-it")).runner, "zot");
  });
});

function linkOf(pid: number, fd: string): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch {
    return ""; // closed meanwhile
  }
}
