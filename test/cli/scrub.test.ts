import assert from "node:assert/strict";
import { hostname, userInfo } from "node:os";
import { test } from "node:test";
import { type Machine, scrub, thisMachine } from "../../src/cli/scrub.ts";

const MACHINE: Machine = {
  paths: [
    ["/home/al", "/home/user"],
    ["/home/al/dev/thing", "/home/user/project"],
    ["/var/tmp/skep-x1", "/state"],
    ["/", "/never"],
  ],
  names: [
    ["alice", "user"],
    ["al", "user"],
    ["box.example", "host"],
    ["root", "user"],
  ],
  secrets: ['pa"ss\\word', "hunter", "short"],
};
const scrubbed = (text: string): string => scrub(text, MACHINE);

test("paths of the machine become those of nobody, the longest first, and only whole ones", () => {
  assert.equal(scrubbed("/home/al/dev/thing/a.ts /home/al/.ssh"), "/home/user/project/a.ts /home/user/.ssh");
  assert.equal(scrubbed("/home/allen /home/al-2 /home/al."), "/home/allen /home/al-2 /home/user.");
  assert.equal(
    scrubbed('{"cwd":"/var/tmp/skep-x1","file":"file:///home/al/x"}'),
    '{"cwd":"/state","file":"file:///home/user/x"}',
  );
  assert.equal(scrubbed("projects/-home-al-dev-thing/1.jsonl"), "projects/-home-user-project/1.jsonl");
  assert.equal(scrubbed('"title":"home/al/dev/thing/a.ts"'), '"title":"home/user/project/a.ts"');
});

test("names of the user and the host are replaced as words; those that every machine has stay", () => {
  assert.equal(scrubbed("alice@box.example: malice, alice's"), "user@host: malice, user's");
  assert.equal(scrubbed('{"type":"root","al":1} box-example'), '{"type":"root","al":1} box-example');
});

test("values of secret variables are gone, raw and as JSON writes them", () => {
  assert.equal(scrubbed(`a pa"ss\\word b hunter2`), "a REDACTED b REDACTED2");
  assert.deepEqual(JSON.parse(scrubbed(JSON.stringify({ said: 'it is pa"ss\\word' }))), { said: "it is REDACTED" });
  assert.equal(scrubbed("a short story"), "a short story");
});

test("keys are known by their looks", () => {
  for (const key of [
    "sk-ant-api03-abcdefghijklmnop_-xyz",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "github_pat_abcdefghijklmnopqrstuv",
    "xoxb-1234567890-abcdef",
    "AKIAABCDEFGHIJKLMNOP",
    "AIzaSyA-abcdefghijklmnopqrstuvwxyz01234",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-def_ghi",
  ])
    assert.equal(scrubbed(`"key":"${key}"`), '"key":"REDACTED"');
  assert.equal(scrubbed("Authorization: Bearer abcdef.ghijkl+mnop/qr=="), "Authorization: Bearer REDACTED");
  assert.equal(
    scrubbed("a task-list, sk-short, risk-averse-organisation"),
    "a task-list, sk-short, risk-averse-organisation",
  );
});

test("nothing is looked for in what was put in", () => {
  const machine: Machine = {
    paths: [
      ["/home", "/home/user"],
      ["/w", "/home/user/project"],
    ],
    names: [["project", "user"]],
    secrets: ["REDACTED"],
  };
  assert.equal(scrub("/home /w project", machine), "/home/user /home/user/project user");
});

test("this machine is known by its environment and its system", () => {
  const env = {
    HOME: "/home/bob",
    USER: "bobby",
    MY_API_KEY: "key-value",
    OPENAI_TOKEN: "tok-value",
    PATH: "/bin",
    PLAIN: "plain-value",
    GIVEN: "given-value",
  };
  const text = `/home/bob/x /w/y /r/z bobby ${hostname()} ${userInfo().homedir}/q key-value tok-value plain-value given-value`;
  const host = hostname().length < 3 || hostname() === "localhost" ? hostname() : "host";
  assert.equal(
    scrub(text, thisMachine(env, "/w", "/r", ["GIVEN"])),
    `/home/user/x /home/user/project/y /state/z user ${host} /home/user/q REDACTED REDACTED plain-value REDACTED`,
  );
});
