/** What the README and the docs show is run, and what they name is there. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ended, openSandbox, type Ran, type Sandbox } from "./sandbox.ts";

const PAGES = ["README.md", "CONTRIBUTING.md", ...readdirSync("docs").map((name) => `docs/${name}`)];
const read = (path: string): string => readFileSync(path, "utf8");

/** The block of code on a page that holds these words. */
function example(page: string, language: string, words: string): string {
  const blocks = [...read(page).matchAll(/^```(\w+)\n([^]*?)^```$/gm)].filter(([, of]) => of === language);
  const [found, second] = blocks.map(([, , text = ""]) => text).filter((text) => text.includes(words));
  assert.ok(found !== undefined && second === undefined, `${page} shows ${words} once`);
  return found;
}

let box: Sandbox;
let folder: string;
before(() => {
  box = openSandbox();
  folder = join(box.folder, "work");
  // The package, as an installation of it would lie there.
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(process.cwd(), join(folder, "node_modules/skep"));
});
after(() => box.close());

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const node = (...args: readonly string[]): Promise<Ran> =>
  ended(spawn("node", args, { cwd: folder, env: { ...box.env }, stdio: ["ignore", "pipe", "pipe"] }));
const ok = async (ran: Promise<Ran>): Promise<string> => {
  const { code, stdout, stderr } = await ran;
  assert.equal(code, 0, stdout + stderr);
  return stdout;
};

describe("the README", () => {
  test("has a plugin that greets", async () => {
    write("greeter.mjs", example("README.md", "js", "greeter"));
    const words = ["--plugin", "./greeter.mjs", "spawn", "-w", "-r", "greet", "world"];
    assert.equal(await ok(box.run(words)), "hello world\n");
  });

  test("has a program on the library that prints what it says", async () => {
    write("swarm.mjs", example("README.md", "js", "openSwarm"));
    const said = (await ok(node("swarm.mjs"))).trim();
    assert.ok(read("README.md").includes(`It prints \`${said}\``), said);
  });
});

describe("the page on plugins", () => {
  test("has a plugin with all four parts, and each is at work", async () => {
    write("shout.mjs", example("docs/plugins.md", "js", "toUpperCase"));
    const skep = (...words: readonly string[]): Promise<string> => ok(box.run(["--plugin", "./shout.mjs", ...words]));
    assert.equal(await skep("spawn", "-w", "-r", "shout", "good morning"), "GOOD MORNING\n");
    assert.equal(await skep("send", "-w", "@last", "and again"), "AND AGAIN\n");
    await skep("wait", "--exit", "@last");
    assert.match(await skep("ls", "-o", "csv"), /^good-morning-\w{6},done,2$/m);
    assert.match(read(join(box.root, "supervisor.log")), /good-morning-\w{6} ended: exit/);
  });

  test("has a test for that plugin, which keeps the contracts", async () => {
    write("shout.mjs", example("docs/plugins.md", "js", "toUpperCase"));
    write("shout.test.mjs", example("docs/plugins.md", "js", "import shout"));
    assert.match(await ok(node("--test", "--test-reporter=tap", "shout.test.mjs")), /^# fail 0$/m);
  });

  test("has a runner in sh", async () => {
    write("skep-runner-shy", example("docs/plugins.md", "sh", "shy"));
    chmodSync(join(folder, "skep-runner-shy"), 0o755);
    const env = { PATH: `${folder}:${box.env["PATH"] ?? ""}` };
    assert.equal(await ok(box.run(["spawn", "-w", "-r", "shy", "say something"], { env })), "I would rather not.\n");
  });

  const noPython = spawnSync("python3", ["-V"]).status === 0 ? false : "skipped: python3 is not installed";
  test("has a runner in Python", { skip: noPython }, async () => {
    write("skep-runner-pie", example("docs/plugins.md", "python", "pie"));
    chmodSync(join(folder, "skep-runner-pie"), 0o755);
    const env = { PATH: `${folder}:${box.env["PATH"] ?? ""}` };
    assert.equal(await ok(box.run(["spawn", "-w", "-r", "pie", "it's $HOME"], { env })), "it's $HOME\n");
  });
});

test("every file that a page names is there", () => {
  const missing = PAGES.flatMap((page) => {
    const text = read(page);
    const linked = [...text.matchAll(/\]\((?!\w+:)([^)#]+)/g)].map(([, path = ""]) => join(page, "..", path));
    const named = [...text.matchAll(/(?<![\w./<>-])(?:src|test|docs|plugins)\/[\w./-]*\w/g)].map(([path]) => path);
    return [...linked, ...named].filter((path) => !existsSync(path)).map((path) => `${page}: ${path}`);
  });
  assert.deepEqual(missing, []);
});
