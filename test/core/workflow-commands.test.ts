import assert from "node:assert/strict";
import { test } from "node:test";
import { partCommands, readsCommands } from "../../src/core/workflow-commands.ts";

const COMMANDS: readonly string[] = [
  "::set-output name=x::y",
  "::add-mask::the",
  "::stop-commands::token",
  "::error file=a,line=1::%0A::set-env name=PATH::evil",
  "  \t::group::x",
  "\u00a0\u3000\ufeff::debug::x",
  "a\r::set-env name=x::y",
  "a\n\n\n::set-output name=x::y%0D%0A::add-path::/tmp",
  "##[set-env name=x]y",
  "text before ##[add-path]/tmp",
  "##vso[task.setvariable variable=x]y",
  "a ##VSO[task.prependpath]/tmp",
  "##[section]x",
  "##teamcity[buildStop]",
  "####vso[task.complete]",
  "::::add-mask::x",
];
/** As GitHub's and Azure's runners look for one: the line without blanks at its beginning, the prefix anywhere. */
const isCommand = (text: string): boolean =>
  text.split(/[\r\n]/).some((line) => line.trimStart().startsWith("::") || /##[a-z]*\[/i.test(line));

test("a command begins no line any more, in one piece or in two, and its words stay", () => {
  for (const command of COMMANDS) {
    assert.ok(isCommand(command), command);
    const whole = partCommands()(command);
    assert.ok(!isCommand(whole), whole);
    assert.equal(whole.replaceAll(" ", ""), command.replaceAll(" ", ""));
    for (let cut = 1; cut < command.length; cut++) {
      const part = partCommands();
      const shown = part(command.slice(0, cut)) + part("") + part(command.slice(cut));
      assert.ok(!isCommand(shown), `${cut}: ${shown}`);
    }
    const one = partCommands();
    const slow = Array.from(command, (character) => one(character)).join("");
    assert.ok(!isCommand(slow), slow);
  }
});

test("bytes that are looked at one by one are parted too", () => {
  for (const command of COMMANDS)
    assert.ok(!isCommand(partCommands()(Buffer.from(command).toString("latin1"))), command);
});

test("a line that goes on is no beginning, however it is cut", () => {
  const part = partCommands();
  assert.equal(
    ["std", "::", "vector ", " ".repeat(100), "::x"].map(part).join(""),
    `std::vector ${" ".repeat(100)}::x`,
  );
  assert.equal(partCommands()("# Title\n## More [1]\na::b ## [x]\n"), "# Title\n## More [1]\na::b ## [x]\n");
});

test("JSON stays the same value", () => {
  const value = { text: "##vso[task.x]y", "##[k]": ["::set-output::", "##teamcity[x]"] };
  for (const json of [JSON.stringify(value), JSON.stringify(value, undefined, 2)]) {
    const shown = partCommands()(json);
    assert.ok(!isCommand(shown), shown);
    assert.deepEqual(JSON.parse(shown), value);
  }
});

test("a megabyte of what nearly is a command is looked at in time linear in its length", () => {
  for (const piece of ["::", " ", "\n", "##", "#", "##a", "a", ":", " ::", "\r::", "##a[", "::x\n"]) {
    const text = piece.repeat(1_000_000 / piece.length);
    assert.ok(partCommands()(`x ${text}::`).length <= 2 * text.length + 10, JSON.stringify(piece));
  }
});

test("CI systems are known by their variables", () => {
  assert.deepEqual([{}, { GITHUB_ACTIONS: "" }, { GITHUB_ACTIONS: "true" }, { TF_BUILD: "True" }].map(readsCommands), [
    false,
    false,
    true,
    true,
  ]);
});
