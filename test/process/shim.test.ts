import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { statOf } from "../../src/process/liveness.ts";
import { processesWithMark } from "../../src/process/mark.ts";
import { readChild, readFeed } from "../../src/process/run-files.ts";
import type { ShimStep } from "../../src/process/shim.ts";
import { appendInput, closeInput, inputSize } from "../../src/process/stdin.ts";
import { systemTools, type Tools } from "../../src/process/tools.ts";
import { until } from "../sandbox.ts";
import { code, endShims, makeRunFolder, start } from "./started-run.ts";

let folder: string;
before(() => {
  folder = makeRunFolder();
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** busybox is sh when it is called so. */
const links = mkdtempSync(join(tmpdir(), "skep-sh-"));
if (existsSync("/bin/busybox")) symlinkSync("/bin/busybox", join(links, "sh"));
after(endShims);
after(() => rmSync(links, { recursive: true, force: true }));

const SHELLS = ["/bin/bash", "/bin/dash", join(links, "sh")].filter((path) => existsSync(path));
const toolsWith = (path: string): Tools => ({
  ...systemTools(),
  shell: { path, kind: path.endsWith("bash") ? "bash" : "sh" },
});

for (const shell of SHELLS) {
  describe(`the shim in ${shell.startsWith("/bin/") ? shell : "busybox"}`, () => {
    const tools = toolsWith(shell);
    const CASES: readonly (readonly [string, number])[] = [
      ["exit 0", 0],
      ["exit 1", 1],
      ["exit 7", 7],
      ["exit 126", 126],
      ["exit 137", 137],
      ["kill -INT $$; sleep 9", 130],
      ["kill -TERM $$; sleep 9", 143],
      ["kill -KILL $$", 137],
      ["kill -SEGV $$", 139],
    ];
    test("records how the child ended", async () => {
      for (const [script, expected] of CASES) {
        const run = await start(folder, ["sh", "-c", script], { tools });
        assert.equal(code(await run.ended()), expected, script);
      }
    });

    test("tells a command and a folder that are not there", async () => {
      const lost = await start(folder, ["no-such-command"], { tools });
      assert.equal(code(await lost.ended()), 127);
      assert.match(lost.err(), /not found/);
      const away = await start(folder, ["true"], { tools, cwd: join(folder, "no such folder") });
      assert.equal(code(await away.ended()), 126);
    });

    test("gives the child the caller's umask, its marks, and no signal ignored", async () => {
      const run = await start(
        folder,
        // by its path: busybox would take itself for `sh`, which ignores SIGQUIT of its own accord
        ["/bin/sh", "-c", 'umask; echo "$SKEP_AGENT_ID $SKEP_RUN"; grep SigIgn /proc/$$/status; ls /proc/$$/fd'],
        { tools, umask: 0o027 },
      );
      await run.ended();
      const [mask, marks, ignored, ...descriptors] = run.out().trim().split("\n");
      assert.equal(mask, "0027");
      assert.equal(marks, `${run.id} ${run.mark}`);
      // What whoever runs the tests ignores is ignored here too, and no shell can undo it.
      assert.equal(signalsOf(ignored) & ~signalsOf(readFileSync("/proc/self/status", "latin1")), 0n);
      // dash names no descriptor above 9, so it cannot close what Deno passes on.
      const clean = shell.endsWith("bash") || !("Deno" in globalThis);
      assert.deepEqual(
        descriptors.filter((fd) => clean && Number(fd) > 2),
        [],
      );
    });

    test("feeds an open stdin, and a close drains it", async () => {
      const run = await start(folder, ["cat"], { tools, stdin: { kind: "open", first: "first\n" } });
      const big = Buffer.from(`${"x".repeat(999)}\n`.repeat(300));
      appendInput(run.paths, inputSize(run.paths), big);
      appendInput(run.paths, 6, big); // said again: nothing is written twice
      await until(() => readFeed(run.paths), Boolean);
      closeInput(run.paths);
      assert.equal(code(await run.ended()), 0);
      assert.equal(run.out(), `first\n${big.toString()}`);
      assert.equal(existsSync(join(run.paths.dir, "p")), false);
    });

    test("that stands still behind its child's end is ended by a stop", async () => {
      const run = await start(folder, ["true"], { tools, stopAt: 8 });
      await run.stop(100);
      assert.equal(run.facts().kind, "gone");
    });

    test("stopped at any of its steps leaves no child behind a stop", async () => {
      for (const stopAt of [1, 2, 3, 4, 5, 7] as const satisfies readonly ShimStep[]) {
        const run = await start(folder, ["sleep", "50"], { tools, stopAt });
        await run.stop(100);
        assert.deepEqual(processesWithMark(run.mark), [], `step ${stopAt}`);
        const child = readChild(run.paths);
        assert.equal(
          child !== undefined && statOf(child.pid)?.start === child.start && statOf(child.pid)?.zombie === false,
          false,
          `step ${stopAt}`,
        );
      }
    });
  });
}

const signalsOf = (status = ""): bigint => BigInt(`0x${/SigIgn:\s*(\w+)/.exec(status)?.[1] ?? "none"}`);
