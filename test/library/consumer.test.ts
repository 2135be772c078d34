/** The library as it is shipped, in a project that has nothing else of skep. */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { endRemains } from "../remains.ts";
import { ended, openSandbox } from "../sandbox.ts";
import { type Consumer, makeConsumer, type Runtime } from "./consumer.ts";

let consumer: Consumer;
before(() => {
  consumer = makeConsumer();
});
after(() => consumer.close());

const RUNTIMES: readonly Runtime[] = ["node", "bun", "deno"];
const STEPS = ["reloaded", "adopted", "sent", "resumed", "heard", "closed"];

/** Gives its lines one by one; throws what it said on stderr when it has ended instead. */
function listenTo(child: ChildProcess): () => Promise<string> {
  assert.ok(child.stdout !== null && child.stderr !== null);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let faults = "";
  child.stderr.on("data", (chunk: Buffer) => (faults += chunk.toString("utf8")));
  return async () => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`it ended: ${faults}`);
    return value;
  };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((over) => child.once("exit", over));
  child.kill("SIGKILL");
  await gone;
}

describe("a program that embeds the packed library", () => {
  test("type-checks, as strictly as can be, with the declarations of the package themselves", () => {
    consumer.compile();
  });

  for (const runtime of RUNTIMES)
    test(`is killed under ${runtime} in the middle of its work, and the next one goes on with it`, async () => {
      const folder = mkdtempSync(join(tmpdir(), "skep-embeds-"));
      const env = { PATH: process.env["PATH"] ?? "", HOME: folder, XDG_RUNTIME_DIR: folder };
      const holder = consumer.start(runtime, ["program", "hold", folder], env);
      try {
        assert.equal(await listenTo(holder)(), "held");
        await kill(holder);
        const next = await ended(consumer.start(runtime, ["program", "take", folder], env));
        assert.deepEqual([next.code, next.stderr, next.stdout.trim().split("\n")], [0, "", STEPS]);
      } finally {
        await kill(holder);
        endRemains(join(folder, "root"));
        rmSync(folder, { recursive: true, force: true });
      }
    });
});

describe("a root that a program and the command line share", () => {
  for (const runtime of RUNTIMES) {
    test(`is held by the program under ${runtime}, and the verbs ask it until it is killed`, async () => {
      const box = openSandbox();
      const program = consumer.start(runtime, ["shared", "hold", box.root], box.env);
      try {
        const id = await listenTo(program)();
        const holder = async (): Promise<unknown> =>
          (JSON.parse((await box.run(["supervisor", "status", "--json"])).stdout) as { pid: number }).pid;
        assert.equal(await holder(), program.pid);
        assert.equal((await box.run(["ls", "-q"])).stdout, `${id}\n`);
        const spawned = await box.run(["spawn", "-w", "-r", "demo", "from a verb"]);
        assert.deepEqual([spawned.code, spawned.stdout], [0, "echo: from a verb (turn 1)\n"]);
        assert.equal((await box.run(["send", "-w", id, "more"])).stdout, "echo: more (turn 2)\n");
        for (const verb of ["stop", "restart"]) {
          const refused = await box.run(["supervisor", verb]);
          assert.deepEqual([refused.code, refused.stdout], [1, ""]);
          assert.match(
            refused.stderr,
            new RegExp(`a program that embeds skep holds the root \\(pid ${program.pid}\\)`),
          );
        }
        await kill(program);
        assert.equal((await box.run(["send", "-w", id, "and on"])).stdout, "echo: and on (turn 3)\n");
        assert.notEqual(await holder(), program.pid);
      } finally {
        await kill(program);
        await box.close();
      }
    });

    test(`is held by the binary, and a program under ${runtime} joins it, and takes the root when it is killed`, async () => {
      const box = openSandbox();
      const { pid } = JSON.parse((await box.run(["supervisor", "start", "--json"])).stdout) as { pid: number };
      const program = consumer.start(runtime, ["shared", "join", box.root], box.env);
      try {
        const next = listenTo(program);
        const id = await next();
        assert.equal((await box.run(["result", id])).stdout, "echo: from the program (turn 1)\n");
        process.kill(pid, "SIGKILL");
        program.stdin?.write("\n");
        assert.equal(await next(), `pid ${program.pid}`);
        const status = JSON.parse((await box.run(["supervisor", "status", "--json"])).stdout) as { pid: number };
        assert.equal(status.pid, program.pid);
        assert.equal((await box.run(["send", "-w", id, "again"])).stdout, "echo: again (turn 3)\n");
        const over = ended(program);
        program.stdin?.end("\n");
        assert.equal(await next(), "closed");
        assert.equal((await over).code, 0);
      } finally {
        await kill(program);
        await box.close();
      }
    });
  }
});
