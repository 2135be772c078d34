import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { faultySkep, planIn } from "./faulty-build.ts";
import type { Plan, Traced } from "./faulty-fs.ts";
import { openStage, startedWith } from "./stage.ts";

describe("the faulty build", () => {
  const stage = openStage({ count: 1, full: false, seed: 1, log: () => {} });
  const plan = planIn(stage.folder);
  const trace = join(stage.folder, "trace");
  const root = join(stage.folder, "root");
  const config = join(stage.folder, "config.json");
  writeFileSync(config, '{"supervisor_idle":"1ms"}');
  let skep = "";
  before(() => {
    skep = faultySkep();
  });
  after(() => stage.close());

  /** A supervisor that rests at once, and what it did to files. */
  function supervise(wish?: Plan): { readonly signal: string | null; readonly stderr: string; readonly did: Traced[] } {
    if (wish === undefined) plan.clear();
    else plan.set({ ...wish, trace });
    const before = existsSync(trace) ? readFileSync(trace, "utf8").length : 0;
    const args = ["supervisor", "run", "--root", root, "--config", config];
    const { signal, stderr } = spawnSync(skep, args, { env: { ...stage.env, ...plan.env }, encoding: "utf8" });
    const text = existsSync(trace) ? readFileSync(trace, "utf8").slice(before) : "";
    const did = text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Traced]));
    return { signal, stderr, did };
  }

  test("works like the real one without a plan", () => {
    const { signal, stderr, did } = supervise();
    assert.deepEqual([signal, stderr, did], [null, "", []]);
    assert.ok(existsSync(join(root, "supervisor.json")));
  });

  test("tells what was done, in order and with its bytes", () => {
    const { did } = supervise({ data: true });
    const record = did.filter(({ path }) => path.includes("supervisor.json"));
    assert.deepEqual(
      record.map(({ op }) => op),
      ["open", "write", "sync", "close", "rename"],
    );
    const data = Buffer.from(record[1]?.data ?? "", "base64").toString("utf8");
    assert.equal(data, readFileSync(join(root, "supervisor.json"), "utf8"));
    assert.deepEqual(
      did.filter(({ n }) => n > 0).map(({ n }) => n),
      did.filter(({ n }) => n > 0).map((_, at) => at + 1),
    );
  });

  test("dies at the operation that the plan names, and does nothing after it", () => {
    const whole = supervise({}).did;
    const at = whole.find(({ op }) => op === "rename")?.n ?? 0;
    assert.equal(supervise({ kind: "die", n: at }).signal, "SIGKILL");
    const { signal, did } = supervise({ kind: "die-after", n: at });
    assert.equal(signal, "SIGKILL");
    assert.equal(did.at(-1)?.op, "rename");
    supervise({ kind: "die-torn", n: 1, ops: ["write"], path: "supervisor.json" });
    assert.equal(startedWith(stage.env).length, 0);
  });

  test("fails the operation that the plan names, and the user is told", () => {
    const words = { ENOSPC: "no space left", EIO: "i/o error", EACCES: "permission denied", EMFILE: "too many open" };
    for (const kind of ["ENOSPC", "EIO", "EACCES", "EMFILE"] as const)
      assert.match(supervise({ kind, n: 1, ops: ["rename"] }).stderr, new RegExp(`^skep: .*${words[kind]}`));
    assert.match(supervise({ kind: "short", n: 1, ops: ["write"] }).stderr, /^skep: .*no space left/);
    assert.equal(supervise({ kind: "EIO", n: 1, argv: "nobody" }).stderr, "");
  });
});
