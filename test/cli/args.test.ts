import assert from "node:assert/strict";
import { test } from "node:test";
import { type ParsedArgs, parseArgs } from "../../src/cli/args.ts";
import type { CommandSpec, FlagSpec } from "../../src/cli/command.ts";
import { GLOBAL_FLAGS } from "../../src/cli/flags.ts";
import { SkepError } from "../../src/errors.ts";

const load = (): never => assert.fail("a verb was loaded while argv was read");
const LABEL: FlagSpec = { name: "label", short: "l", value: "k=v", many: true, summary: "" };
const COMMANDS: readonly CommandSpec[] = [
  {
    name: "spawn",
    summary: "",
    args: "[task…]",
    rest: "args",
    load,
    flags: [
      { name: "name", short: "n", value: "slug", summary: "" },
      { name: "env-file", value: "file", many: true, summary: "" },
      { name: "wait", short: "w", summary: "" },
      LABEL,
    ],
  },
  {
    name: "ls",
    also: ["ps"],
    summary: "",
    args: "[which…]",
    flags: [{ name: "all", short: "a", summary: "" }, LABEL],
    load,
  },
  { name: "send", summary: "", args: "<which> <text…>", flags: [], load },
  { name: "show", summary: "", args: "<which>", flags: [], load },
  { name: "supervisor start", summary: "", args: "", flags: [], load },
  { name: "supervisor stop", summary: "", args: "", flags: [{ name: "force", summary: "" }], load },
  { name: "plugins ls", alias: "plugins", summary: "", args: "", flags: [{ name: "long", summary: "" }], load },
  { name: "plugins trust", summary: "", args: "<path>", flags: [], load },
];

const parse = (...argv: readonly string[]): ParsedArgs => parseArgs(argv, COMMANDS, GLOBAL_FLAGS);
const verb = (parsed: ParsedArgs): string | undefined => parsed.command?.name;

function refuses(argv: readonly string[], message: string, hint?: string): void {
  assert.throws(
    () => parse(...argv),
    (error) => {
      assert.ok(error instanceof SkepError);
      assert.deepEqual({ code: error.code, message: error.message }, { code: "usage", message });
      if (hint !== undefined) assert.equal(error.hint, hint);
      return true;
    },
  );
}

test("a verb, its positionals and its flags are told apart, in any order", () => {
  for (const argv of [
    ["spawn", "-n", "x", "fix", "it", "--wait"],
    ["spawn", "fix", "--wait", "it", "--name=x"],
    ["--json", "spawn", "-wn", "x", "fix", "it"],
    ["--root", "ls", "spawn", "-nx", "fix", "-w", "it"],
    ["-qv", "spawn", "-n=x", "fix", "it", "-w"],
  ]) {
    const parsed = parse(...argv);
    assert.equal(verb(parsed), "spawn");
    assert.deepEqual(parsed.positionals, ["fix", "it"], argv.join(" "));
    assert.equal(parsed.options.value("name"), "x");
    assert.ok(parsed.options.has("wait"));
    assert.ok(!parsed.options.has("label"));
  }
  assert.equal(parse("--root", "ls", "spawn").options.value("root"), "ls");
});

test("what looks like a number stays the text it is", () => {
  const ids = ["12e4", "007", "0x10", "1e400", "-0".slice(1), "  7", "", "true", "false", "null"];
  assert.deepEqual(parse("ls", ...ids).positionals, ids);
  for (const id of ids) {
    assert.equal(parse("spawn", "--name", id).options.value("name"), id);
    assert.equal(parse("spawn", `--name=${id}`).options.value("name"), id);
    assert.equal(parse("--session", id, "ls").options.value("session"), id);
  }
});

test("a lone hyphen is a word, and a value", () => {
  assert.deepEqual(parse("send", "a1", "-").positionals, ["a1", "-"]);
  assert.equal(parse("spawn", "-n", "-").options.value("name"), "-");
  assert.equal(parse("spawn", "--env-file=-").options.value("env-file"), "-");
});

test("a value may hold anything, also an equals sign, a newline and a control character", () => {
  for (const value of ["a=b=c", "--x", "-", "two\nlines", "\u0001", "[x]", "<y>", "__proto__"]) {
    assert.deepEqual(parse("spawn", `--label=${value}`).options.values("label"), [value]);
  }
  assert.deepEqual(parse("ls", "\u0001a").positionals, ["\u0001a"]);
});

test("a flag that counts several times keeps all values in order, whichever its form", () => {
  const { options } = parse("spawn", "-l", "a=1", "--label", "b=2", "-l=c=3", "--label=d=4", "t");
  assert.deepEqual(options.values("label"), ["a=1", "b=2", "c=3", "d=4"]);
  assert.deepEqual(parse("spawn", "--env-file", "a", "--env-file", "b").options.values("env-file"), ["a", "b"]);
  assert.equal(parse("spawn", "-n", "a", "--name", "b").options.value("name"), "b", "else the last one counts");
});

test("a switch takes no word after it", () => {
  const parsed = parse("ls", "--json", "a1", "-a", "b2");
  assert.deepEqual(parsed.positionals, ["a1", "b2"]);
  assert.ok(parsed.options.has("json") && parsed.options.has("all"));
  refuses(["ls", "--json=id,status"], "--json takes no value");
  refuses(["ls", "-a=1"], "--all takes no value");
});

test("a switch whose name begins with no- is only on when it is given", () => {
  assert.ok(parse("ls", "--no-plugins").options.has("no-plugins"));
  assert.ok(!parse("ls", "--plugin", "x.ts").options.has("no-plugins"));
  refuses(["ls", "--no-json"], "ls has no flag --no-json");
  refuses(["ls", "--plugins"], "ls has no flag --plugins", "did you mean --plugin?");
});

test("what stands after -- is untouched", () => {
  const rest = ["--json", "-x", "007", "-", "--", "--name=y", "\u0001"];
  const parsed = parse("spawn", "-n", "x", "task", "--", ...rest);
  assert.deepEqual(parsed.rest, rest);
  assert.deepEqual(parsed.positionals, ["task"]);
  assert.ok(!parsed.options.has("json"));
  assert.deepEqual(parse("spawn").rest, []);
});

test("for a verb that has nothing to pass on, -- only ends the flags", () => {
  assert.deepEqual(parse("ls", "a", "--", "--json", "-").positionals, ["a", "--json", "-"]);
  assert.deepEqual(parse("ls", "--", "x").rest, []);
  refuses(["show", "a", "--", "-b"], 'show does not take "-b"');
});

test("an unknown verb names the nearest one", () => {
  refuses(["lss"], "no verb is called lss", "did you mean ls?");
  refuses(["spwan", "--help"], "no verb is called spwan", "did you mean spawn?");
  refuses(["supervisr", "stop"], "no verb is called supervisr", "did you mean supervisor?");
  refuses(["frobnicate"], "no verb is called frobnicate", "skep --help lists them");
  refuses(["ps"], "no verb is called ps", "did you mean ls?");
});

test("an unknown flag names the nearest one, wherever it stands", () => {
  refuses(["ls", "--lable", "x"], "ls has no flag --lable", "did you mean --label?");
  refuses(["--jsno", "ls"], "skep itself has no flag --jsno", "did you mean --json?");
  refuses(["--bogus"], "skep itself has no flag --bogus");
  refuses(["ls", "-ax"], "ls has no flag -ax", "skep ls --help lists its flags");
  refuses(["ls", "-json"], "ls has no flag -json", "did you mean --json?");
  refuses(["send", "a1", "-5"], "send has no flag -5");
});

test("names that mean something to JavaScript or to the parser beneath are unknown flags", () => {
  for (const name of [
    "--__proto__",
    "--constructor=x",
    "--toString",
    "---json",
    "--_",
    "--_=x",
    "--json.x",
    "--envFile",
    "--=",
  ]) {
    refuses(["ls", name], `ls has no flag ${name.replace(/=.*/, "")}`);
  }
});

test("a flag that takes a value and got none is refused", () => {
  refuses(["spawn", "--name"], "--name needs a value: <slug>");
  refuses(["spawn", "--name", "--wait"], "--name needs a value: <slug>");
  refuses(["spawn", "-n", "--", "x"], "--name needs a value: <slug>");
  refuses(["spawn", "-l", "a=1", "-l"], "--label needs a value: <k=v>");
  refuses(["--root"], "--root needs a value: <dir>");
  assert.equal(parse("spawn", "--name=").options.value("name"), "");
});

test("missing and needless arguments are refused by name", () => {
  refuses(["send"], "send needs <which>");
  refuses(["send", "a1"], "send needs <text>");
  refuses(["show", "a", "b"], 'show does not take "b"');
  refuses(["supervisor", "stop", "now"], 'supervisor stop does not take "now"');
});

test("a verb of two words dispatches, also with a flag between them", () => {
  assert.equal(verb(parse("supervisor", "stop", "--force")), "supervisor stop");
  assert.equal(verb(parse("--root", "x", "supervisor", "--json", "stop")), "supervisor stop");
  assert.deepEqual(parse("plugins", "trust", "supervisor").positionals, ["supervisor"]);
  assert.deepEqual(parse("send", "a1", "supervisor", "stop").positionals, ["a1", "supervisor", "stop"]);
});

test("the first word of two alone is its alias, else it says which there are", () => {
  assert.equal(verb(parse("plugins")), "plugins ls");
  assert.equal(verb(parse("plugins", "--long")), "plugins ls");
  refuses(["supervisor"], "no verb is called supervisor", "known: supervisor start, supervisor stop");
  refuses(["supervisor", "sotp"], "no verb is called supervisor sotp", "did you mean supervisor stop?");
});

test("help and version need no arguments", () => {
  assert.equal(verb(parse("send", "-h")), "send");
  assert.ok(parse("send", "--help").options.has("help"));
  assert.ok(parse("-V").options.has("version"));
  assert.equal(verb(parse("-h")), undefined);
  assert.equal(verb(parse()), undefined);
});

test("asking for a flag that the verb does not declare is a fault of the program", () => {
  assert.throws(() => parse("ls").options.has("labell"), RangeError);
});
