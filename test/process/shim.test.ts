import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { awaitClaim, type LaunchPlan, startShim } from "../../src/process/launch.ts";
import {
  allPids,
  bootId,
  inspectRun,
  machineId,
  pidNamespace,
  readSystem,
  type RunFacts,
  statOf,
} from "../../src/process/liveness.ts";
import { processesWithMark, runMark } from "../../src/process/mark.ts";
import {
  type Intent,
  readChild,
  readClaim,
  type RunPaths,
  runPaths,
  voidClaim,
  writeIntent,
} from "../../src/process/run-files.ts";
import type { ShimStep } from "../../src/process/shim.ts";
import { appendInput, closeInput, inputSize } from "../../src/process/stdin.ts";
import { signalRun, terminate } from "../../src/process/terminate.ts";
import { systemTools, type Tools } from "../../src/process/tools.ts";
import { until } from "../sandbox.ts";

let folder: string;
let count = 0;
before(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "skep shim ")));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const SHELLS = ["/bin/bash", "/bin/dash", "/bin/busybox"].filter((path) => existsSync(path));
const toolsWith = (path: string): Tools => ({
  ...systemTools(),
  shell: { path, kind: path.endsWith("bash") ? "bash" : "sh" },
});

interface Started {
  readonly paths: RunPaths;
  readonly intent: Intent;
  readonly mark: string;
  readonly facts: () => RunFacts;
  readonly ended: () => Promise<RunFacts>;
  readonly out: () => string;
  readonly err: () => string;
  readonly stop: (grace?: number) => Promise<void>;
}

async function start(argv: readonly string[], more: Partial<LaunchPlan> = {}): Promise<Started> {
  const agent = join(folder, `agent-${(count += 1)}`);
  const paths = runPaths(agent, 1);
  mkdirSync(paths.dir, { recursive: true });
  const mark = runMark(`test-${process.pid}`, `agent-${count}`, 1);
  const stdin = more.stdin ?? { kind: "none" as const };
  const intent: Intent = {
    run: 1,
    resuming: false,
    runner: "exec",
    turns: "none",
    output: "text",
    stdin: stdin.kind,
    args: [],
    options: {},
    argv,
    cwd: folder,
    labels: {},
    time: "2026-01-01T00:00:00Z",
    boot: bootId(),
    pidns: pidNamespace(),
    machine: machineId(),
  };
  writeIntent(paths, intent);
  const plan: LaunchPlan = {
    paths,
    argv,
    cwd: folder,
    env: { PATH: process.env["PATH"] },
    umask: 0o022,
    stdin,
    id: `agent-${count}`,
    root: folder,
    mark,
    ...more,
  };
  const shim = await startShim(plan);
  if (more.stopAt === undefined) await awaitClaim(paths, shim, 10_000);
  else await until(() => isStopped(paths.dir), Boolean);
  const facts = (): RunFacts => inspectRun(paths, intent);
  return {
    paths,
    intent,
    mark,
    facts,
    ended: () => until(facts, ({ kind }) => kind === "exited" || kind === "gone"),
    out: () => readFileSync(paths.out, "utf8"),
    err: () => readFileSync(paths.err, "utf8"),
    stop: (grace = 300) => terminate({ paths, intent, mark }, { grace }),
  };
}
/** Whether a process that names this folder is stopped: the shim, or its inner sh. */
const isStopped = (dir: string): boolean =>
  allPids().some(
    (pid) =>
      readSystem(`/proc/${pid}/cmdline`)?.includes(dir) === true &&
      readSystem(`/proc/${pid}/stat`)?.includes(") T ") === true,
  );
const code = (facts: RunFacts): number | undefined => (facts.kind === "exited" ? facts.code : undefined);

for (const shell of SHELLS) {
  describe(`the shim in ${shell}`, () => {
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
        const run = await start(["sh", "-c", script], { tools });
        assert.equal(code(await run.ended()), expected, script);
      }
    });

    test("tells a command and a folder that are not there", async () => {
      const lost = await start(["no-such-command"], { tools });
      assert.equal(code(await lost.ended()), 127);
      assert.match(lost.err(), /not found/);
      const away = await start(["true"], { tools, cwd: join(folder, "no such folder") });
      assert.equal(code(await away.ended()), 126);
    });

    test("gives the child the caller's umask, its marks, and no signal ignored", async () => {
      const run = await start(
        ["sh", "-c", 'umask; echo "$SKEP_AGENT_ID $SKEP_RUN"; grep SigIgn /proc/$$/status; ls /proc/$$/fd'],
        { tools, umask: 0o027 },
      );
      await run.ended();
      const [mask, marks, ignored, ...descriptors] = run.out().trim().split("\n");
      assert.equal(mask, "0027");
      assert.equal(marks, `agent-${count} ${run.mark}`);
      assert.match(ignored ?? "", /0{16}$/);
      // dash names no descriptor above 9, so it cannot close what Deno passes on.
      const clean = shell.endsWith("bash") || !("Deno" in globalThis);
      assert.deepEqual(
        descriptors.filter((fd) => clean && Number(fd) > 2),
        [],
      );
    });

    test("feeds an open stdin, and a close drains it", async () => {
      const run = await start(["cat"], { tools, stdin: { kind: "open", first: "first\n" } });
      const big = Buffer.from(`${"x".repeat(999)}\n`.repeat(300));
      appendInput(run.paths, inputSize(run.paths), big);
      appendInput(run.paths, 6, big); // said again: nothing is written twice
      await until(() => existsSync(run.paths.feed), Boolean);
      closeInput(run.paths);
      assert.equal(code(await run.ended()), 0);
      assert.equal(run.out(), `first\n${big.toString()}`);
      assert.equal(existsSync(join(run.paths.dir, "p")), false);
    });

    test("stopped at any of its steps leaves no child behind a stop", async () => {
      for (const stopAt of [1, 2, 3, 4, 5, 7] as const satisfies readonly ShimStep[]) {
        const run = await start(["sleep", "50"], { tools, stopAt });
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

describe("a run", () => {
  test("is claimed by one: a second shim does not start", async () => {
    const run = await start(["sh", "-c", "echo once; sleep 50"]);
    await until(run.facts, ({ kind }) => kind === "running");
    const { paths, mark } = run;
    const again = await startShim({
      paths,
      argv: ["echo", "twice"],
      cwd: folder,
      env: {},
      umask: 0o022,
      stdin: { kind: "none" },
      id: "x",
      root: folder,
      mark,
    });
    await until(
      () => again.exitCode,
      (exit) => exit !== null,
    );
    assert.equal(again.exitCode, 75);
    assert.equal(voidClaim(paths, "too late"), false);
    await until(run.out, (text) => text !== "");
    assert.equal(run.out(), "once\n");
    await run.stop();
  });

  test("that was given up never starts", async () => {
    const paths = runPaths(join(folder, "given-up"), 1);
    mkdirSync(paths.dir, { recursive: true });
    assert.equal(voidClaim(paths, "nobody was\nthere"), true);
    assert.deepEqual(readClaim(paths), { by: "nobody", reason: "nobody was there" });
    const shim = await startShim({
      paths,
      argv: ["echo"],
      cwd: folder,
      env: {},
      umask: 0o022,
      stdin: { kind: "none" },
      id: "x",
      root: folder,
      mark: "none/x/1",
    });
    await until(
      () => shim.exitCode,
      (exit) => exit !== null,
    );
    assert.equal(existsSync(paths.out), false);
  });

  test("keeps the child's exit when its whole group is killed, and loses it only with the shim", async () => {
    const run = await start(["sleep", "50"]);
    await until(
      () => readChild(run.paths),
      (child) => child !== undefined,
    );
    assert.equal(signalRun(run.paths, "SIGKILL"), true);
    assert.equal(code(await run.ended()), 137);

    const orphan = await start(["sleep", "50"]);
    const child = await until(
      () => readChild(orphan.paths),
      (one) => one !== undefined,
    );
    const claim = readClaim(orphan.paths);
    assert.ok(claim !== undefined && claim !== "empty" && claim.by === "shim");
    process.kill(claim.shim.pid, "SIGKILL");
    await until(orphan.facts, ({ kind }) => kind === "orphaned");
    process.kill(child?.pid ?? 0, "SIGKILL");
    await until(orphan.facts, ({ kind }) => kind === "gone");
  });

  test("is ended with all it started: own sessions, stubborn children, and nothing of another run", async () => {
    const script = "trap '' TERM; setsid sh -c 'trap \"\" TERM; sleep 50' & sleep 50 & wait";
    const run = await start(["sh", "-c", script]);
    const other = await start(["sleep", "50"]);
    await until(
      () => processesWithMark(run.mark),
      (found) => found.length >= 3,
    );
    await run.stop(100);
    assert.deepEqual(processesWithMark(run.mark), []);
    assert.equal(other.facts().kind, "running");
    await other.stop();
  });

  test("of another boot is not alive, of another machine elsewhere, and neither is signalled", async () => {
    const run = await start(["sleep", "50"]);
    await until(run.facts, ({ kind, ...rest }) => kind === "running" && "child" in rest);
    assert.equal(inspectRun(run.paths, { ...run.intent, boot: "another" }).kind, "gone");
    assert.equal(inspectRun(run.paths, { ...run.intent, machine: "another" }).kind, "elsewhere");
    assert.equal(inspectRun(run.paths, { ...run.intent, pidns: "pid:[1]" }).kind, "elsewhere");
    await terminate(
      { paths: runPaths(join(folder, "nowhere"), 1), intent: { ...run.intent, boot: "another" }, mark: run.mark },
      { grace: 50 },
    ).catch(() => undefined);
    assert.equal(run.facts().kind, "running");
    await run.stop();
  });

  test("hands on names that sh cannot hold, and runs nothing that the caller's environment names", async (context) => {
    if (systemTools().shell.kind !== "bash") return context.diagnostic("no bash here");
    const env = {
      PATH: process.env["PATH"],
      "BASH_FUNC_umask%%": "() { echo hijacked; }",
      "npm_config_//registry/:_authToken": "kept",
      BASH_ENV: join(folder, "evil"),
      SHELLOPTS: "xtrace",
      IFS: "x",
    };
    const run = await start([process.execPath, "-e", "console.log(JSON.stringify(process.env))"], {
      env: { ...env, BUN_BE_BUN: "1" },
    });
    assert.equal(code(await run.ended()), 0, run.err());
    const seen: Record<string, string> = JSON.parse(run.out()) as Record<string, string>;
    assert.equal(seen["npm_config_//registry/:_authToken"], "kept");
    assert.equal(seen["BASH_FUNC_umask%%"], "() { echo hijacked; }");
    assert.equal(run.err(), "");
  });

  test("outlives who started it", async () => {
    const run = await start(["sh", "-c", "sleep 0.3; exit 5"]);
    // The shim is in a session of its own: a SIGKILL of this test's group would not reach it.
    const claim = readClaim(run.paths);
    assert.ok(claim !== undefined && claim !== "empty" && claim.by === "shim");
    assert.equal(statOf(claim.shim.pid)?.group, claim.shim.pid);
    assert.equal(code(await run.ended()), 5);
  });
});
