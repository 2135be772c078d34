/** In a CI job an agent gives no commands to what reads the job's output; a file and JSON stay as they are. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openCli } from "../cli/verbs/harness.ts";

const cli = openCli();
const { box, skep } = cli;
const COMMANDS =
  "::set-output name=a::b\n  ::add-mask::the\nx ##vso[task.setvariable variable=a]b\nc\r::add-path::/evil\n##[set-env name=A]b\n";
const isCommand = (text: string): boolean =>
  text.split(/[\r\n]/).some((line) => line.trimStart().startsWith("::") || /##[a-z]*\[/i.test(line));
const file = join(box.folder, "commands");
writeFileSync(file, COMMANDS);

for (const env of [{ GITHUB_ACTIONS: "true" }, { TF_BUILD: "True" }]) {
  test(`nothing an agent says is a command where ${Object.keys(env).join("")} is set`, async () => {
    const spawned = await skep(["spawn", "-w", "--", "cat", file], { env });
    assert.equal(spawned.code, 0, spawned.stderr);
    assert.equal(spawned.stdout.replaceAll(" ", ""), COMMANDS.replaceAll(" ", ""));
    const failing = await skep(["spawn", "-w", "--", "sh", "-c", `cat ${file} >&2; exit 1`], { env });
    assert.equal(failing.code, 1);
    const task = await skep(["spawn", "-n", "multi", "--", "echo", COMMANDS], { env });
    const said = [spawned, failing, task];
    for (const words of [
      ["logs", "@last"],
      ["logs", "--all"],
      ["show", "@last"],
      ["ls"],
      ["ls", "--json"],
      ["show", "@last", "--json"],
      ["logs", "@last", "--events"],
      ["result", "@last"],
      ["show", COMMANDS],
      [COMMANDS, "--json"],
    ])
      said.push(await skep(words, { env }));
    for (const { stdout, stderr } of said) assert.ok(!isCommand(stdout) && !isCommand(stderr), stdout + stderr);
    const task1: unknown = JSON.parse((await skep(["show", "@last", "--json"], { env })).stdout);
    assert.deepEqual(task1, JSON.parse((await skep(["show", "@last", "--json"])).stdout), "JSON is the same value");
  });
}

test("into a file, and outside of CI, it is as it was written", async () => {
  const whole = (await skep(["spawn", "-w", "--", "cat", file])).stdout;
  assert.equal(whole, COMMANDS);
  const script = `GITHUB_ACTIONS=true skep logs --raw @last >raw; GITHUB_ACTIONS=true skep spawn -w -- cat ${file} >file`;
  const ran = await cli.shell(script);
  assert.equal(ran.code, 0, ran.stderr);
  for (const name of ["raw", "file"]) assert.equal(readFileSync(join(cli.work, name), "utf8"), COMMANDS);
});
