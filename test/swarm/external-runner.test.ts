/** Runners in other languages: what they answer, well or badly. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { describeExternal, findExternal } from "../../src/swarm/external-runner.ts";
import type { RunSpec } from "../../src/types.ts";
import { runSpec } from "../plugins/run-spec.ts";

const folder = mkdtempSync(join(tmpdir(), "skep-external-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const env = { PATH: `${folder}:${process.env["PATH"] ?? ""}` };
function write(name: string, text: string, mode = 0o755): string {
  const path = join(folder, `skep-runner-${name}`);
  writeFileSync(path, text, { mode });
  return path;
}
const sh = (name: string, describes: string, launches = ""): string =>
  write(name, `#!/bin/sh\ncase $1 in\n  describe) ${describes} ;;\n  launch) ${launches} ;;\nesac\n`);
const spec: RunSpec = runSpec({ message: { id: "m-0", text: "it's $HOME" }, env });

describe("a program that is a runner", () => {
  test("is found in absolute folders of PATH alone, when it may be run", () => {
    const path = sh("found", "true");
    assert.equal(findExternal("found", env), path);
    assert.equal(findExternal("found", { PATH: `.:${folder.slice(1)}::` }), undefined);
    write("plain", "text", 0o644);
    mkdirSync(join(folder, "skep-runner-dir"));
    for (const name of ["plain", "dir", "nobody", "../found", "found/../found", ""])
      assert.equal(findExternal(name, env), undefined);
  });

  test("says what it is, and gets a run without its environment, which it has itself", async () => {
    const path = sh(
      "good",
      `echo '{"name":"good","turns":"live","output":"text","accepts":["model"],"messages":"stdin","echoes":true}'`,
      `echo "{\\"argv\\":[\\"echo\\"],\\"env\\":{\\"GOT\\":$(cat | sed 's/.*"text":\\("[^"]*"\\).*/\\1/'),\\"GONE\\":null}}"`,
    );
    const runner = await describeExternal(path, "good", env);
    assert.deepEqual(
      [runner.name, runner.turns, runner.output, runner.accepts, runner.echoes],
      ["good", "live", "text", ["model"], true],
    );
    const launch = await runner.launch(spec);
    assert.deepEqual(launch, { argv: ["echo"], env: { GOT: "it's $HOME", GONE: undefined } });
    assert.deepEqual(runner.deliver?.({ kind: "user", id: "m-1", text: "hi" }, spec.agent), {
      to: "stdin",
      text: "hi\n",
    });
    assert.deepEqual(runner.deliver?.({ kind: "shutdown" }, spec.agent), { to: "close" });
  });

  const NAMED = `echo '{"name":"NAME","turns":"none"}'`;
  const wrong: readonly (readonly [name: string, describes: string, launches: string, why: RegExp])[] = [
    ["talks", "echo hello", "", /skep-runner-talks: describe: not JSON: /],
    ["silent", "true", "", /describe: not JSON: /],
    ["fails", "echo 'first' >&2; echo 'no license' >&2; exit 3", "", /skep-runner-fails: describe: no license$/],
    ["dies", "kill -9 $$", "", /describe: it ended with SIGKILL$/],
    ["codes", "exit 3", "", /describe: it ended with 3$/],
    ["another", `echo '{"name":"other","turns":"none"}'`, "", /it calls itself other$/],
    ["lacks", `echo '{"name":"lacks"}'`, "", /describe: turns: /],
    ["wrong", `echo '{"name":"wrong","turns":"sometimes"}'`, "", /describe: turns: .*"sometimes"$/],
    ["floods", "exec yes '{'", "", /describe: its answer has more than \d+ characters$/],
    ["hangs", "sleep 60; true", "", /describe: no answer within 2 s$/],
    ["word", NAMED, `echo '{"argv":"ls -l"}'`, /launch: argv: /],
    ["empty", NAMED, `echo '{"argv":[]}'`, /launch: argv: /],
    ["env", NAMED, `echo '{"argv":["a"],"env":{"A":1}}'`, /launch: env\.A: /],
    ["stdin", NAMED, `echo '{"argv":["a"],"stdin":{"kind":"tty"}}'`, /launch: stdin\.kind: /],
    ["late", NAMED, "sleep 60; true", /launch: no answer within 2 s$/],
  ];
  for (const [name, describes, launches, why] of wrong) {
    test(`that is wrong is told with its path: ${name}`, async () => {
      const path = sh(name, describes.replace("NAME", name), launches);
      const asked = async (): Promise<unknown> => (await describeExternal(path, name, env, 2_000)).launch(spec);
      await assert.rejects(asked(), { code: "plugin", message: why });
    });
  }

  test("that cannot be started is told", async () => {
    for (const [name, text] of [
      ["garbage", "\u0001\u0002"],
      ["shebang", "#!/nowhere/at/all\n"],
    ] as const) {
      const path = write(name, text);
      await assert.rejects(describeExternal(path, name, env), {
        code: "plugin",
        message: new RegExp(`skep-runner-${name}: `),
      });
    }
  });

  test("is not asked with a value that no process can be given, and the value is not told", async () => {
    const path = sh("torn", NAMED.replace("NAME", "torn"));
    await assert.rejects(describeExternal(path, "torn", { ...env, TOKEN: "se\0cret" }), (error: Error) => {
      assert.match(error.message, /describe: the variable TOKEN holds a NUL$/);
      return true;
    });
  });

  test("may leave something behind that holds its output open", async () => {
    const path = sh("leaves", `sleep 5 & echo '{"name":"leaves","turns":"none"}'`);
    assert.equal((await describeExternal(path, "leaves", env)).name, "leaves");
  });
});
