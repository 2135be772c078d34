/** Values of --env and --env-file reach the agent, and nothing else: no file, no word of skep's, no argument list, no hook. */
import assert from "node:assert/strict";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { readRecord } from "../../src/supervisor/start.ts";
import { age } from "../cli/verbs/archived.ts";
import { openCli } from "../cli/verbs/harness.ts";
import { until } from "../sandbox.ts";
import { hearingPlugin, MARK, openSecrets, proof, proving, subscribe } from "./secrets.ts";

const cli = openCli();
const { box, root, skep, ok, show, becomes } = cli;
const { file, hushed, search } = openSecrets(cli);

const COPIED = { COPIED: `${MARK} of the caller` };
const ODD = `  ${MARK} 'one' "two" $(id) \`id\` \\n %s ; = # {"x":1} \u00e9 `;
const GIVEN = {
  FILE_PLAIN: `${MARK}-file`,
  FILE_ODD: ODD,
  FILE_EXPORTED: `a=${MARK}`,
  ...COPIED,
  FLAG_PLAIN: `${MARK}-flag`,
  FLAG_ODD: ODD,
  FLAG_LINES: `first ${MARK}\nsecond\n\n${MARK}\n`,
};
const NAMES = Object.keys(GIVEN);
const UNSET = Object.fromEntries(NAMES.map((name) => [name, undefined]));
const values = file(
  "vars.env",
  `# ${MARK}\nFILE_PLAIN=${GIVEN.FILE_PLAIN}\r\n\nFILE_ODD=${ODD}\nexport FILE_EXPORTED=${GIVEN.FILE_EXPORTED}\n`,
);
const { FLAG_PLAIN, FLAG_ODD, FLAG_LINES } = GIVEN;
const inWords = [`--env=FLAG_PLAIN=${FLAG_PLAIN}`, "-e", `FLAG_ODD=${FLAG_ODD}`, "-e", `FLAG_LINES=${FLAG_LINES}`];
const flags = ["--env-file", values, "-e", "COPIED", ...inWords];
const heard = join(box.folder, "heard");
const plugin = join(box.folder, "hears.mjs");
writeFileSync(plugin, hearingPlugin(heard).replaceAll(MARK, `hush" + "${MARK.slice(4)}`));
const start = (): Promise<string> => ok("supervisor", "start", "--plugin", plugin);

/** What the child of the newest run says, once it has said it all. */
const proofOf = async (id: string): Promise<readonly string[]> =>
  (
    await until(
      () => ok("logs", "--raw", id),
      (text) => /FLAG_LINES \w{64}$/.test(text),
    )
  ).split("\n");

/** Everything that skep has to say of an agent. */
async function tellAll(id: string): Promise<void> {
  const words = [
    ["show", id],
    ["show", "--json", id],
    ["logs", id],
    ["logs", "--events", id],
    ["logs", "--raw", id],
    ["logs", "--json", id],
    ["ls", "-a"],
    ["ls", "-a", "--json"],
    ["ls", "-a", "-o", "ndjson"],
    ["ls", "--archived", "--json"],
    ["reload", "--json"],
    ["doctor", "--json"],
    ["supervisor", "status", "--json"],
  ];
  for (const each of words) await hushed(["-v", ...each], COPIED);
}

describe("values of --env and --env-file", () => {
  test("reach the child of a spawn, not that of a resume, and stand nowhere", async () => {
    await start();
    const listener = subscribe(readRecord(root)?.socket ?? "");
    after(() => listener.close());
    const words = [...flags, "--stdin", "-n", "proves", "--", ...proving(NAMES, "cat")];
    const { stdout, stderr } = await hushed(["-v", "spawn", "--json", ...words], COPIED);
    assert.equal(stderr, "");
    const { id } = JSON.parse(stdout) as { id: string };
    assert.deepEqual(await proofOf(id), proof(GIVEN));
    search();
    const supervisor = readRecord(root)?.pid ?? 0;
    assert.ok(!readFileSync(`/proc/${supervisor}/environ`, "utf8").includes(MARK));
    const { pid = 0 } = await becomes(id, ({ run }) => run === 1);
    assert.ok(readFileSync(`/proc/${pid}/environ`, "utf8").includes(MARK));
    await ok("send", id, "on its stdin");
    await becomes(id, ({ tail }) => tail.at(-1) === "on its stdin");
    await tellAll(id);

    await ok("stop", id);
    await hushed(["resume", id]);
    assert.deepEqual(await proofOf(id), proof(UNSET), "nobody kept them");
    await ok("stop", id);
    await hushed(["resume", id], COPIED);
    assert.deepEqual(await proofOf(id), proof({ ...UNSET, ...COPIED }), "a resume has its own caller's");
    search();
    await tellAll(id);
    await ok("stop", id);
    const heardOf = await until(listener.said, (said) => said.includes('"run":3'));
    assert.ok(!heardOf.includes(MARK));
    for (const hook of ["agent:spawn", "agent:launch", "agent:status", "agent:stop", "swarm:reload"])
      await until(
        () => readFileSync(heard, "utf8"),
        (text) => text.includes(`["${hook}"`),
      );
    search();
  });

  test("are wanted again by name when a message waits and nobody of that environment is there", async () => {
    const words = [...flags, "-w", "--keep", "-r", "demo", "-n", "waits", "hi"];
    const id = (await hushed(["spawn", ...words], COPIED)).stderr.trim();
    const { pid = 0 } = await show(id);
    await ok("supervisor", "stop");
    process.kill(pid, "SIGKILL");
    const message = { id: "m-abcdefghij", time: new Date().toISOString(), text: "again", by: "somebody" };
    appendFileSync(join(root, "agents", id, "inbox.jsonl"), `${JSON.stringify(message)}\n`);
    await start();
    const log = join(root, "agents", id, "events.jsonl");
    const missing = await until(
      () => readFileSync(log, "utf8"),
      (text) => text.includes('"environment_missing"'),
    );
    assert.ok(missing.includes(`"names":"${NAMES.join(", ")}"`), missing);
    await tellAll(id);
    search();
  });

  test("that a runner adds are kept as secret", async () => {
    const words = ["--plugin", plugin, "spawn", "-w", "-r", "adds", "-n", "adds", "x", "--"];
    const { stdout } = await hushed([...words, ...proving(["ADDED"], "")]);
    assert.deepEqual(stdout.trim().split("\n"), proof({ ADDED: `${MARK} added` }));
    await tellAll("adds");
    search();
  });

  test("are in no archive and no index", async () => {
    const chatter = proving(NAMES, "seq 1 2000");
    const { stderr } = await hushed(["spawn", "-wq", "-n", "chatters", ...flags, "--", ...chatter], COPIED);
    assert.equal(stderr, "");
    const { id } = await show("chatters");
    await ok("ls", "-a");
    assert.ok(existsSync(join(root, "index")));
    search();
    await ok("supervisor", "stop");
    age(join(root, "agents", id), 200);
    assert.equal(await ok("archive", id), id);
    assert.ok(existsSync(join(root, "archive", id, "events.jsonl.gz")));
    await tellAll("proves");
    search();
    await ok("unarchive", id);
    await tellAll(id);
    await ok("rm", id);
    search();
  });
});

describe("a spawn that fails", () => {
  const bin = join(box.folder, "bin");
  const PATH = `${bin}:${box.env["PATH"]}`;
  mkdirSync(bin);
  writeFileSync(join(bin, "skep-runner-broken"), "#!/bin/sh\necho no such luck >&2\nexit 3\n", { mode: 0o755 });
  const torn = file("torn.env", `TORN=${MARK}\0${MARK}\n`);
  const large = file("large.env", `LARGE=${MARK}${"x".repeat(200_000)}\n`);
  const huge = file("huge.env", `HUGE=${MARK}${"x".repeat(5_000_000)}\n`);
  const failing: readonly (readonly [string, RegExp, readonly string[]])[] = [
    ["its program is missing", /exit 127/, ["-w", ...flags, "--", "no-such-program-here"]],
    ["its runner's program is missing", /runner zot needs/, [...flags, "-r", "zot", "x"]],
    ["its runner is unknown", /no runner is called nope/, [...flags, "-r", "nope", "x"]],
    ["its runner throws", /it will not/, [...flags, "--plugin", plugin, "-r", "throws", "x"]],
    ["its runner in another language fails", /no such luck/, [...flags, "-r", "broken", "x"]],
    ["its folder is missing", /no such folder/, [...flags, "-C", "missing", "--", "true"]],
    ["a flag is misspelt", /spawn has no flag/, [...flags, "--modell", "--", "true"]],
    ["a value has a NUL", /torn\.env:1: the value of TORN holds a NUL/, ["--env-file", torn, "--", "true"]],
    ["a value of its runner's has one", /variable ADDED holds a NUL/, ["--plugin", plugin, "-r", "tears", "x"]],
    ["a value is too long for the system", /E2BIG|too long/, ["--env-file", large, "--", "true"]],
    ["a value is too long for the socket", /environment.*4/, ["--env-file", huge, "--", "true"]],
  ];
  for (const [why, said, words] of failing)
    test(`tells no value: ${why}`, async () => {
      for (const more of [["-v"], ["--json"]]) {
        const { code, stderr } = await hushed(["spawn", ...more, ...words], { ...COPIED, PATH });
        assert.notEqual(code, 0);
        assert.match(stderr, said);
      }
      search();
    });
});

describe("a file for --env-file that is malformed", () => {
  const lines: readonly (readonly [string, RegExp])[] = [
    [`${MARK} no name`, /:2: it names no variable/],
    [`=${MARK}`, /:2: it names no variable/],
    [`A B=${MARK}`, /:2: it names no variable/],
    [`9${MARK}=x`, /:2: it names no variable/],
    [`export ${MARK}-x=y`, /:2: it names no variable/],
    [MARK, /:2: a variable named there is not set here/],
    [`"${MARK}"`, /:2: it names no variable/],
    [`${MARK}\0=x`, /:2: it names no variable/],
    [`A=${MARK}\0`, /:2: the value of A holds a NUL/],
  ];
  for (const [at, [line, said]] of lines.entries())
    test(`is refused by the number of its line alone: ${line.replace(MARK, "…").replace("\0", "NUL")}`, async () => {
      const path = file(`bad-${at}.env`, `GOOD=${MARK}\n${line}\n`);
      for (const more of [["-v"], ["--json"], []]) {
        const { code, stderr } = await hushed(["spawn", ...more, "--env-file", path, "--", "true"]);
        assert.equal(code, 2);
        assert.match(stderr, said);
      }
      search();
    });

  test("nor is a folder or a missing one told with more than its path", async () => {
    for (const path of [root, join(root, "missing")])
      assert.equal((await hushed(["spawn", ...flags, "--env-file", path, "--", "true"], COPIED)).code, 2);
    assert.equal((await skep(["ls"])).code, 0);
    search();
  });
});
