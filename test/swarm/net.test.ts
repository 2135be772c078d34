import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { after, describe, test } from "node:test";
import { statOf } from "../../src/process/liveness.ts";
import type { ProcessId } from "../../src/process/run-files.ts";
import { freshNet, isDue, type Net } from "../../src/swarm/net.ts";
import { until } from "../sandbox.ts";

const started: ChildProcess[] = [];
after(() => {
  for (const child of started) child.kill("SIGKILL");
});
function start(...[command, ...args]: readonly [string, ...string[]]): ChildProcess {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"] });
  started.push(child);
  return child;
}
const processOf = (pid: number | undefined): ProcessId => {
  const found = statOf(pid ?? 0);
  assert.ok(found);
  return { pid: found.pid, start: found.start };
};

/** At which of so many ticks it is looked at. */
const looks = (net: Net, ticks: number, seq: number, polled?: ProcessId): number[] =>
  Array.from({ length: ticks }, (_, tick) => tick).filter(() => isDue(net, seq, polled));

describe("the net", () => {
  test("looks at an agent when something came of it, and then ever more seldom, at least every 20 ticks", () => {
    const net = freshNet();
    const { pid } = process;
    const at = looks(net, 500, 7, processOf(pid));
    assert.deepEqual(at.slice(0, 2), [0, 1]);
    const gaps = at.slice(1).map((tick, index) => tick - (at[index] ?? 0));
    assert.ok(Math.max(...gaps) <= 20, gaps.join(" "));
    assert.ok(Math.min(...gaps.slice(2)) >= 8, gaps.join(" "));
    assert.deepEqual(looks(net, 2, 8), [0, 1]);
  });

  test("does not look at all that are quiet with the same tick", () => {
    const first = Array.from({ length: 50 }, () => looks(freshNet(), 60, 1).at(-1));
    assert.ok(new Set(first).size > 3);
  });

  test("sees with the next tick that a process was killed, also one that nobody reaps", async () => {
    const parent = start("sh", "-c", "sleep 1000 & echo $!; exec sleep 1000");
    assert.ok(parent.stdout);
    const [said] = (await once(parent.stdout, "data")) as [Buffer];
    const child = processOf(Number(said.toString()));
    await until(
      () => (parent.pid === undefined ? "" : statOf(parent.pid)?.zombie === false),
      (lives) => lives === true,
    );
    const quiet = freshNet();
    looks(quiet, 20, 1, child);
    process.kill(child.pid, "SIGKILL");
    await until(
      () => statOf(child.pid)?.zombie,
      (zombie) => zombie !== false,
    );
    assert.deepEqual(looks({ ...quiet, left: 10 }, 9, 1, child), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    parent.kill("SIGKILL");
    await once(parent, "exit");
    const { pid = 0 } = parent;
    assert.deepEqual(looks({ ...quiet, left: 10 }, 3, 1, { pid, start: 0 }), [0, 1, 2]);
    assert.deepEqual(looks({ ...quiet, left: 10 }, 9, 1, processOf(process.pid)), []);
  });
});
