/** What skep writes below a root goes through src/disk.ts: its operations are what the kernel saw, and no verb but the supervisor writes. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { appendFileSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { before, describe, test } from "node:test";
import { readRecord } from "../../src/supervisor/start.ts";
import { age } from "../cli/verbs/archived.ts";
import { openCli } from "../cli/verbs/harness.ts";
import { faultySkep, planIn } from "../fault/faulty-build.ts";
import type { Traced } from "../fault/faulty-fs.ts";
import { ended, type Ran, until } from "../sandbox.ts";
import { changesOf, noStrace, straceWords } from "./strace.ts";

const cli = openCli();
const { box, root, ok, becomes } = cli;
const skip = process.env["SKEP_UNDER_TEST"] === undefined ? noStrace() : "skipped: the binary alone can be traced";
const traced = join(box.folder, "disk-trace");
const plan = planIn(box.folder);

const run = (into: string, program: string, args: readonly string[], env = {}): ReturnType<typeof spawn> => {
  const [command = "", ...words] = [...straceWords(join(box.folder, into)), program, ...args];
  return spawn(command, words, { cwd: cli.work, env: { ...box.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
};

/** As src/disk.ts was asked, in the words of strace.ts; what was removed with all that is in it stands apart. */
function asked(): { readonly changes: readonly string[]; readonly removed: readonly string[] } {
  const done = readFileSync(traced, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Traced)
    .filter(({ error, path }) => error === undefined && path.startsWith(root));
  const changes = done.flatMap(({ op, path, to, bytes }) => {
    switch (op) {
      case "open":
      case "mkdir":
      case "unlink":
      case "truncate":
      case "chmod":
        return [`${op} ${path}`];
      case "write":
        return [`write ${path} ${bytes}`];
      case "rename":
      case "link":
        return [`${op} ${path} > ${to}`];
      default:
        return [];
    }
  });
  return { changes: changes.toSorted(), removed: done.filter(({ op }) => op === "rm").map(({ path }) => path) };
}

describe("below a root", { skip }, () => {
  let faulty = "";
  before(async () => {
    faulty = faultySkep();
    const [old, long] = [
      await ok("spawn", "-n", "old", "--", "seq", "100"),
      await ok("spawn", "-n", "long", "--", "true"),
    ];
    await ok("wait", old, long);
    await ok("supervisor", "stop");
    age(join(root, "agents", old), 200);
    // So much that a reader writes down what it came to.
    const line = `${JSON.stringify({ type: "stdout", text: "x".repeat(1_000) })}\n`;
    appendFileSync(join(root, "agents", long, "events.jsonl"), line.repeat(14_000));
    plan.set({ trace: traced });
  });

  test("the supervisor changes what src/disk.ts changes, and nothing else", async () => {
    const tracing = run("supervisor-trace", faulty, ["supervisor", "run", "--root", root], plan.env);
    const over = ended(tracing);
    const before = readRecord(root)?.pid;
    const { pid = 0 } = await until(
      () => readRecord(root) ?? { pid: undefined },
      (record) => record.pid !== undefined && record.pid !== before,
    );
    const cat = await ok("spawn", "--stdin", "-n", "cat", "--", "cat");
    await ok("send", cat, "hello");
    await becomes(cat, ({ tail }) => tail.at(-1) === "hello");
    const demo = await ok("spawn", "-r", "demo", "-n", "demo", "hi");
    await ok("wait", demo);
    await ok("stop", cat, "--grace", "100ms");
    await ok("send", "-w", demo, "again");
    await ok("stop", demo);
    await ok("resume", demo);
    await ok("stop", demo);
    await ok("archive", "old");
    await ok("unarchive", "old");
    await ok("rm", cat, demo, "old", "-y");
    await ok("supervisor", "stop");
    assert.equal((await over).code, 0);

    const { changes, removed } = asked();
    const isRemoval = (change: string): boolean =>
      removed.some((path) => change === `unlink ${path}` || change.startsWith(`unlink ${path}/`));
    const seen = changesOf(join(box.folder, "supervisor-trace"), pid, root);
    assert.deepEqual(seen.filter((change) => !isRemoval(change)).toSorted(), changes);
    for (const kind of ["open", "write", "rename", "mkdir", "unlink"])
      assert.ok(
        seen.some((change) => change.startsWith(`${kind} `)),
        kind,
      );
    assert.ok(seen.some(isRemoval) && seen.some((change) => change.startsWith(`rename ${root}/archive/`)));
  });

  test("a verb changes nothing but the index", async () => {
    const id = await ok("spawn", "--stdin", "-n", "talks", "--", "sh", "-c", "seq 1 2000; cat");
    await becomes(id, ({ tail }) => tail.at(-1) === "2000");
    rmSync(join(root, "index"), { force: true });
    const verbs = [
      ["ls", "-a"],
      ["show", id],
      ["logs", id],
      ["wait", id],
      ["reload"],
      ["doctor"],
      ["send", id, "hi"],
      ["spawn", "--", "true"],
      ["stop", id, "--grace", "100ms"],
      ["rm", id],
    ];
    const seen: string[] = [];
    for (const [at, words] of verbs.entries()) {
      const verb = run(`verb-trace-${at}`, "sh", ["-c", 'echo $$; exec "$@"', "sh", resolve("dist/skep"), ...words]);
      const { code, stdout, stderr }: Ran = await ended(verb);
      assert.equal(code, 0, `skep ${words.join(" ")}: ${stderr}`);
      const changes = changesOf(join(box.folder, `verb-trace-${at}`), Number.parseInt(stdout, 10), root);
      assert.deepEqual(
        changes.filter((change) => !/^(open|write|rename) \S+\/index(?:\.\d+\.tmp)?(?: |$)/.test(change)),
        [],
        words.join(" "),
      );
      seen.push(...changes);
    }
    assert.ok(seen.some((change) => change.startsWith("rename ") && change.endsWith(` > ${root}/index`)));
  });
});
