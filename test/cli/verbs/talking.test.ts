import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { errorOf, openCli } from "./harness.ts";

const cli = openCli();
const { skep, shell, ok, fails, list, show, becomes } = cli;
const demo = (...args: readonly string[]): Promise<string> => ok("spawn", "-r", "demo", ...args);

describe("send", () => {
  test("prints the message's id, or with -w the answer of its own turn", async () => {
    const gate = join(cli.work, "gate");
    const id = await demo("-n", "talker", `wait-file:${gate}`);
    const first = await ok("send", id, "one", "and", "more");
    assert.match(first, /^m-[0-9a-z]{10}$/);
    const answer = ok("send", "-w", id, "two");
    await becomes(id, ({ queued }) => queued === 2);
    writeFileSync(gate, "");
    assert.equal(await answer, "echo: two (turn 3)");
    const { messages } = await show(id);
    assert.deepEqual(messages.map(({ text, state }) => `${text}: ${state}`).slice(1), [
      "one and more: done",
      "two: done",
    ]);
    const json: unknown = JSON.parse(await ok("send", "--json", id, "three"));
    assert.deepEqual(Object.keys(json ?? {}), ["id", "message"]);
    await ok("wait", id);
    await ok("stop", id);
    assert.equal(
      (await skep(["send", "-w", id, "-"], { input: "from\nstdin\n" })).stdout,
      "echo: from\nstdin (turn 5)\n",
    );
  });

  test("-w tells when the turn was cancelled, and when the agent failed in it", async () => {
    const id = await demo("-n", "unlucky", "hi");
    await ok("wait", id);
    const waiting = skep(["send", "-w", id, "sleep:60000"]);
    await becomes(id, ({ tail }) => tail.at(-1) === "user: sleep:60000");
    assert.equal(await ok("cancel", id), id);
    const { code, stdout, stderr } = await waiting;
    assert.deepEqual([code, stdout], [1, ""], "the answer before is not this one's");
    assert.match(stderr, /^skep: m-\w+ got no answer: cancelled \(skep logs unlucky/);
    assert.equal((await show(id)).phase, "idle", "the agent lives on");
    const crashed = await skep(["send", "-w", id, "crash"]);
    assert.deepEqual([crashed.code, crashed.stdout], [1, ""]);
    assert.match(crashed.stderr, /got no answer: exit 137/);
  });

  test("--queue waits for a resume of an agent that has ended, and for nothing else", async () => {
    const id = await demo("-n", "later", "hi");
    assert.equal(await ok("send", "-w", "--queue", id, "now"), "echo: now (turn 2)");
    await ok("stop", id);
    await ok("send", "--queue", id, "then");
    const { phase, queued } = await show(id);
    assert.deepEqual([phase, queued], ["ended", 1]);
    const waiting = skep(["send", "-w", "--queue", id, "at last"]);
    await becomes(id, (agent) => agent.queued === 2);
    await ok("resume", id);
    assert.equal((await waiting).stdout, "echo: at last (turn 4)\n");
  });

  test("is refused where nothing can come of it", async () => {
    const none = await ok("spawn", "-n", "deaf", "--", "true");
    assert.match(await fails(4, "send", none, "hi"), /runner exec takes no messages \(spawn it with --stdin/);
    assert.match(await fails(2, "send", none), /send needs <text>/);
    assert.match(await fails(2, "send", none, " "), /the message is empty/);
    assert.match(await fails(2, "send", none, "--bold", "text"), /send has no flag --bold/);
    assert.equal(errorOf(await fails(3, "send", "--json", "nobody", "hi")).code, "not_found");
  });
});

describe("cancel and stop", () => {
  test("of what does not run: nothing to cancel, and stopped already", async () => {
    const id = await ok("spawn", "-n", "over", "--", "true");
    await ok("wait", id);
    assert.match(await fails(4, "cancel", id), /has nothing to cancel: it is not running/);
    assert.equal(await ok("stop", id), id);
    assert.equal((await show(id)).status, "done");
    const idle = await demo("-n", "idler", "hi");
    await ok("wait", idle);
    assert.match(await fails(4, "cancel", idle), /no turn is open/);
  });

  test("end an agent that will not go, with what it started, within the grace", async () => {
    const id = await demo("-n", "stubborn", "stubborn background sleep:60000");
    const { tail } = await becomes(id, (agent) => agent.tail.some((line) => line.startsWith("background ")));
    const left = /background (\d+)/.exec(tail.join(" "))?.[1] ?? "";
    assert.equal(await ok("stop", id, "--grace", "100ms"), id);
    const { status, activity } = await show(id);
    assert.deepEqual([status, activity], ["killed", "cancelled (offline)"]);
    assert.equal(existsSync(`/proc/${left}`), false);
  });

  test("do to each what can be done, and say of which it cannot", async () => {
    const [one, two] = [await demo("-n", "pair", "sleep:60000"), await ok("spawn", "-n", "pair", "--", "true")];
    await ok("wait", two);
    await becomes(one, ({ tail }) => tail.length > 0);
    const ran = await skep(["cancel", one, two, "--json"]);
    assert.equal(ran.code, 4);
    assert.deepEqual(
      (JSON.parse(ran.stdout) as readonly { id: string }[]).map(({ id }) => id),
      [one],
    );
    assert.ok(errorOf(ran.stderr).message.includes(two));
    for (const verb of ["stop", "resume", "rm", "cancel", "wait", "logs"])
      assert.match(await fails(2, verb), /which agents\? \(name them, or use --all, -l/, verb);
    assert.match(await fails(2, "stop", "--all"), /stop of \d+ agents needs -y here/);
    assert.match(await fails(2, "rm", "--all", "--json"), /needs -y here/);
  });
});

describe("resume", () => {
  test("goes on with the conversation; the task is not sent again", async () => {
    const id = await demo("-n", "again", "hi");
    await ok("wait", id);
    assert.match(await fails(4, "resume", id), /is running: there is nothing to resume \(skep send again-\w+ <text>\)/);
    await ok("stop", id);
    assert.equal(await ok("resume", id, "-m", "more"), id);
    await ok("wait", id);
    const { turns, run, messages } = await show(id);
    assert.deepEqual([turns, run, messages.length], [2, 2, 2]);
    assert.equal(await ok("result", id), "echo: more (turn 2)");
    const command = await ok("spawn", "-n", "twice", "--", "sh", "-c", "echo x >>ran; wc -l <ran");
    await ok("wait", command);
    assert.equal(await ok("resume", command), command);
    await ok("wait", "--exit", command);
    assert.equal(await ok("logs", command), "1\n2");
  });

  test("of one whose folder is gone is refused with the way out, and leaves nothing behind", async () => {
    const dir = join(cli.work, "gone");
    mkdirSync(dir);
    const id = await demo("-n", "homeless", "-C", dir, "hi");
    await ok("wait", id);
    await ok("stop", id);
    rmSync(dir, { recursive: true });
    assert.match(await fails(4, "resume", id), /homeless-\w+: its folder .*gone is gone \(skep resume -C <dir>/);
    assert.match(await fails(4, "send", id, "hello"), /is gone/);
    assert.match(await fails(4, "resume", "-m", "kept?", id), /is gone/);
    assert.match(await fails(2, "resume", "-C", "missing", id), /no such folder: .*\/missing/);
    assert.equal((await show(id)).messages.length, 1, "none of it is to be delivered later");
    await ok("resume", "-C", ".", id);
    await ok("wait", id);
    const agent = await show(id);
    assert.deepEqual([agent.dir, agent.turns], [cli.work, 1]);
    assert.equal(await ok("send", "-w", id, "hello"), "echo: hello (turn 2)");
  });

  test("takes up what was cut off", async () => {
    const id = await demo("-n", "cut", "crash");
    assert.equal((await skep(["wait", "--exit", id])).code, 1);
    assert.equal((await show(id)).exit_code, 137);
    assert.equal(await ok("resume", "--status", "failed", "-l", "no=such"), "");
    assert.equal(await ok("resume", id), id);
    assert.equal(await ok("wait", id), "");
  });
});

describe("wait", () => {
  test("ends when all are idle or ended; --exit, --any, --timeout and -x change that", async () => {
    const idle = await demo("-n", "waited", "hi");
    const busy = await demo("-n", "waited", "sleep:60000");
    const bad = await ok("spawn", "-n", "waited", "--", "sh", "-c", "exit 9");
    assert.equal(await ok("wait", idle), "");
    assert.equal(await ok("wait", "-x", idle), "", "an idle agent has not failed");
    assert.match(await fails(124, "wait", idle, busy, "--timeout", "200ms"), /still at work: waited-\w+$/);
    assert.equal(errorOf(await fails(124, "wait", "--exit", idle, "--timeout", "100ms", "--json")).code, "timeout");
    assert.match(await fails(1, "wait", bad), /ended badly: exit 9 \(skep logs/);
    assert.equal((await skep(["wait", "-x", bad])).code, 9);
    assert.match(await fails(2, "wait", "-x", bad, idle), /wait -x takes one agent/);
    assert.equal(await ok("wait", "--any", busy, idle), "");
    const snapshots: unknown = JSON.parse(await ok("wait", "--any", "--json", idle, busy));
    assert.ok(Array.isArray(snapshots) && snapshots.length === 2);
    assert.equal(await ok("wait", "--exit", "-l", "none=such"), "", "of none there is nothing to wait for");
    await ok("stop", busy, idle);
  });

  test("interrupted ends with 130 and touches nobody", async () => {
    const id = await demo("-n", "patient", "sleep:60000");
    // It takes SIGINT before it calls the supervisor. That a signal is caught says nothing: Node catches it from the start.
    const calls = "ls -l /proc/$pid/fd 2>/dev/null | grep -q socket:";
    const said = join(cli.work, "said"); // streams of the shell's own may be sockets
    const script = `exec </dev/null >${said} 2>&1; skep wait ${id} & pid=$!
      until ${calls}; do sleep 0.02; done; kill -INT $pid; wait $pid`;
    const { code } = await shell(script);
    assert.deepEqual([code, readFileSync(said, "utf8")], [130, "skep: interrupted; the agents go on\n"]);
    assert.equal((await show(id)).phase, "working");
    await ok("stop", id);
  });
});

describe("rm", () => {
  test("deletes the state of what has ended, and never the folder it worked in", async () => {
    const dir = join(cli.work, "kept");
    mkdirSync(dir);
    const id = await demo("-n", "removed", "-C", dir, "hi");
    await ok("wait", id);
    assert.match(await fails(4, "rm", id), /is running: it is not removed \(skep stop removed-/);
    assert.equal(await ok("rm", "--force", id), id);
    assert.match(await fails(3, "show", id), /no agent/);
    assert.deepEqual([existsSync(dir), existsSync(join(cli.root, "agents", id))], [true, false]);
  });

  test("takes only those that ended long enough ago, and all with -y", async () => {
    const id = await ok("spawn", "-n", "fresh", "--", "true");
    await ok("wait", id);
    assert.equal(await ok("rm", "--all", "-y", "--older-than", "1h"), "");
    assert.equal(await ok("rm", id, "--older-than", "0s"), id);
    await ok("rm", "--all", "-y", "--force");
    assert.deepEqual(await list("-a"), []);
  });
});
