import assert from "node:assert/strict";
import { existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { startShim } from "../../src/process/launch.ts";
import { inspectRun, statOf } from "../../src/process/liveness.ts";
import { processesWithMark } from "../../src/process/mark.ts";
import { readChild, readClaim, runPaths, voidClaim } from "../../src/process/run-files.ts";
import { signalRun, terminate } from "../../src/process/terminate.ts";
import { systemTools } from "../../src/process/tools.ts";
import { until } from "../sandbox.ts";
import { code, makeRunFolder, start } from "./started-run.ts";

let folder: string;
before(() => {
  folder = makeRunFolder();
});
after(() => rmSync(folder, { recursive: true, force: true }));

describe("a run", () => {
  test("whose claim is empty lives while that was made this moment, then as long as a process names its folder", async () => {
    const run = await start(folder, ["sleep", "50"], { stopAt: 2 });
    const claim = readClaim(run.paths);
    assert.ok(claim !== undefined && claim !== "empty" && claim.by === "shim");
    const old = new Date(Date.now() - 60_000);
    writeFileSync(run.paths.claim, "");
    utimesSync(run.paths.claim, old, old);
    assert.equal(run.facts().kind, "running", "its shim stands still");
    process.kill(claim.shim.pid, "SIGKILL");
    await until(run.facts, ({ kind }) => kind === "gone");
    writeFileSync(run.paths.claim, "");
    assert.equal(run.facts().kind, "running", "it may be about to be written");
  });

  test("is claimed by one: a second shim does not start", async () => {
    const run = await start(folder, ["sh", "-c", "echo once; sleep 50"]);
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

  test("has no child by the number of everybody's group, whatever its file says", () => {
    const paths = runPaths(join(folder, "liar"), 1);
    mkdirSync(paths.dir, { recursive: true });
    const { start: first = 0 } = statOf(1) ?? {};
    for (const text of [`1 ${first}\n`, "0 0\n"]) {
      writeFileSync(paths.child, text);
      assert.equal(readChild(paths), undefined);
      assert.equal(signalRun(paths, "SIGTERM"), false);
    }
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
    const run = await start(folder, ["sleep", "50"]);
    await until(
      () => readChild(run.paths),
      (child) => child !== undefined,
    );
    assert.equal(signalRun(run.paths, "SIGKILL"), true);
    assert.equal(code(await run.ended()), 137);

    const orphan = await start(folder, ["sleep", "50"]);
    const child = await until(
      () => readChild(orphan.paths),
      (one) => one !== undefined,
    );
    const claim = await until(
      () => readClaim(orphan.paths),
      (found) => found !== "empty",
    );
    assert.ok(claim !== undefined && claim !== "empty" && claim.by === "shim" && child !== undefined);
    process.kill(claim.shim.pid, "SIGKILL");
    await until(orphan.facts, ({ kind }) => kind === "orphaned");
    process.kill(child.pid, "SIGKILL");
    await until(orphan.facts, ({ kind }) => kind === "gone");
  });

  test("is ended with all it started: own sessions, stubborn children, and nothing of another run", async () => {
    const script = "trap '' TERM; setsid sh -c 'trap \"\" TERM; sleep 50' & sleep 50 & wait";
    const run = await start(folder, ["sh", "-c", script]);
    const other = await start(folder, ["sleep", "50"]);
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
    const run = await start(folder, ["sleep", "50"]);
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
    const run = await start(folder, [process.execPath, "-e", "console.log(JSON.stringify(process.env))"], {
      env: { ...env, BUN_BE_BUN: "1" },
    });
    assert.equal(code(await run.ended()), 0, run.err());
    const seen: Record<string, string> = JSON.parse(run.out()) as Record<string, string>;
    assert.equal(seen["npm_config_//registry/:_authToken"], "kept");
    assert.equal(seen["BASH_FUNC_umask%%"], "() { echo hijacked; }");
    assert.equal(run.err(), "");
  });

  test("outlives who started it", async () => {
    const run = await start(folder, ["sh", "-c", "sleep 0.3; exit 5"]);
    // The shim is in a session of its own: a SIGKILL of this test's group would not reach it.
    const claim = await until(
      () => readClaim(run.paths),
      (found) => found !== "empty",
    );
    assert.ok(claim !== undefined && claim !== "empty" && claim.by === "shim");
    assert.equal(statOf(claim.shim.pid)?.group, claim.shim.pid);
    assert.equal(code(await run.ended()), 5);
  });
});
