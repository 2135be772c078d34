/**
 * `npm test`: builds, checks, then runs all tests under Bun, those of the layers below the command line under Deno and Node
 * as well, the core of those of the verbs on the command line under Deno and Node, and the short forms of the fault suite
 * and of the bench.
 * `bun test/run.ts <suite>…` runs some of the suites on what is built already.
 *
 * The last line is `N passed, N failed`. Whatever goes wrong without a test to blame (a build, a check, a runner that
 * died, a file in which no test ran) counts as a failure.
 */
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path/posix";
import { build } from "tsup";
import { parseJunit } from "./junit.ts";
import { sourceFiles } from "./source-files.ts";

const CACHE = ".cache/test";
const BIN = "node_modules/.bin";
/** Where runtimes differ: these run under all three. */
const ON_EVERY_RUNTIME = ["core", "store", "process", "swarm", "supervisor"].map((layer) => `test/${layer}`);
/** Its kills come as fast as Bun starts: under the others it would be killed before it is up. */
const AS_FAST_AS_BUN = ["test/supervisor/kills.test.ts"];
/** What the children of tests under Node import: Node reads no TypeScript. */
const READ_BY_CHILDREN = ["test/fixtures/runners.ts"];
/** The core of the command line's tests runs on Node's JavaScript and on the sources under Deno as well as on the binary. */
const CLI_CORE = ["test/cli/verbs.test.ts", "test/cli/verbs/spawn.test.ts"];
const CLI_MORE = ["test/cli/verbs/reading.test.ts", "test/cli/verbs/talking.test.ts"]; // Deno starts twice as slowly
const TEST_MS = 60_000;
const RUNNER_MS = 600_000;

/** A skep that runs these tests as its agent, or a colour somebody wished for, is not theirs. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(SKEP_|FORCE_COLOR$)/.test(name)));
Object.assign(env, { NO_COLOR: "1", DENO_DIR: `${process.cwd()}/.cache/deno`, DENO_NO_UPDATE_CHECK: "1" });

interface Ended {
  readonly how: string; // empty: well
  readonly output: string;
}

/** Its output goes to a file: a process that a test leaves behind would keep a pipe open for ever. */
function run(name: string, command: string, args: readonly string[], more: Suite["env"] = {}): Promise<Ended> {
  const log = `${CACHE}/${name}.log`;
  const fd = openSync(log, "w");
  const ended = (how: string): Ended => ({ how, output: readFileSync(log, "utf8") });
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      env: { ...env, ...more },
      stdio: ["ignore", fd, fd],
      timeout: RUNNER_MS,
      killSignal: "SIGKILL",
    });
    closeSync(fd);
    child.on("error", (error) => resolve(ended(error.message)));
    child.on("exit", (code, signal) => resolve(ended(code === 0 ? "" : (signal ?? `exit ${code}`))));
  });
}

const sum = { passed: 0, failed: 0, skipped: 0 };

const count = (passed: number, failed: number, skipped: number): string =>
  `${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`;

/** A step without tests of its own: silent when it succeeds. */
async function step(name: string, command: string, args: readonly string[]): Promise<boolean> {
  const { how, output } = await run(name, command, args);
  console.log(how === "" ? `${name}: ok` : `${output}\n${name}: failed (${how})`);
  if (how !== "") sum.failed += 1;
  return how === "";
}

/** A line about a test that passed, in the words of Node and of Deno. */
const PASSED = /^(?: *✔ .*|.* \.\.\. ok \(.*\))\n/gm;

interface Suite {
  readonly name: string;
  readonly files: readonly string[];
  readonly command: string;
  readonly args: (report: string) => readonly string[]; // the path of the report to write
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs test files under one runtime. */
async function runSuite({ name: runtime, files, command, args, env: more = {} }: Suite): Promise<void> {
  const path = `${CACHE}/${runtime}.xml`;
  const started = Date.now();
  const { how, output } = await run(runtime, command, [...args(path), ...files], more);
  const xml = existsSync(path) ? readFileSync(path, "utf8") : "";
  const { passed, failed, skipped } = parseJunit(xml);
  // Node names no files, but reports one that it could not load as a failed test.
  const silent =
    runtime === "node" || xml === "" ? [] : files.filter((file) => !xml.includes(`${file.replace(/^\.\//, "")}"`));
  const blamed = failed + silent.length;
  const failures = blamed === 0 && (how !== "" || xml === "") ? 1 : blamed;
  if (failures > 0) console.log(output.replace(PASSED, ""));
  for (const file of silent) console.log(`${runtime}: no test ran in ${file}`);
  for (const title of skipped) console.log(`${runtime}: skipped: ${title}`);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`${runtime}: ${count(passed, failures, skipped.length)} (${seconds} s${how === "" ? "" : `, ${how}`})`);
  sum.passed += passed;
  sum.failed += failures;
  sum.skipped += skipped.length;
}

const testsIn = (folder: string): string[] =>
  existsSync(folder) ? sourceFiles(folder).filter((path) => path.endsWith(".test.ts")) : [];

const onBun = (name: string, files: readonly string[], testMs = TEST_MS, more: Suite["env"] = {}): Promise<void> =>
  runSuite({
    name,
    files: files.map((path) => `./${path}`), // without ./ they would be patterns
    command: `${BIN}/bun`,
    args: (report) => [
      "test",
      "--only-failures",
      "--parallel=2",
      `--timeout=${testMs}`,
      "--reporter=junit",
      `--reporter-outfile=${report}`,
    ],
    env: more,
  });

/** What Deno needs is in node_modules: nothing is fetched, and no lock file is written. */
const onDeno = (files: readonly string[]): Promise<void> =>
  runSuite({
    name: "deno",
    files,
    command: `${BIN}/deno`,
    args: (report) => ["test", "--allow-all", "--no-check", "--parallel", ...OFFLINE, `--junit-path=${report}`],
    env: { DENO_JOBS: "2" },
  });
const OFFLINE = ["--no-lock", "--no-remote", "--cached-only", "--node-modules-dir=manual"];

/** Node 20 reads no TypeScript, so it gets bundles. */
async function onNode(files: readonly string[]): Promise<void> {
  const outDir = `${CACHE}/node`;
  await build({
    config: false,
    silent: true,
    entry: {
      cli: "src/cli/main.ts", // beside the chunks, as in the package: there it looks for itself
      ...Object.fromEntries([...files, ...READ_BY_CHILDREN].map((path) => [path.replace(/\.ts$/, ""), path])),
    },
    outDir,
    format: "esm",
    target: "node20",
    splitting: true,
    skipNodeModulesBundle: true,
    removeNodeProtocol: false,
    external: [/^bun:/],
    define: { SKEP_BUILD: JSON.stringify("lib") },
  });
  await runSuite({
    name: "node",
    files: files.map((path) => join(outDir, path.replace(/\.ts$/, ".js"))),
    command: "node",
    args: (report) => [
      "--test",
      "--test-concurrency=2",
      `--test-timeout=${3 * TEST_MS}`, // of a whole file
      "--test-reporter=spec",
      "--test-reporter-destination=stdout",
      "--test-reporter=junit",
      `--test-reporter-destination=${report}`,
    ],
  });
}

/** The short form of the fault suite: each scenario counts as a test. */
async function testFaults(): Promise<void> {
  const { how, output } = await run("fault", `${BIN}/bun`, ["test/fault/run.ts"]);
  const [, held = "0", failed = "0", skipped = "0"] =
    /^(\d+) scenarios held, (\d+) failed, (\d+) skipped$/m.exec(output) ?? [];
  console.log(output.trimEnd());
  sum.passed += Number(held);
  sum.failed += Number(failed) === 0 && how !== "" ? 1 : Number(failed);
  sum.skipped += Number(skipped);
}

const shared = (): string[] => ON_EVERY_RUNTIME.flatMap(testsIn).filter((path) => !AS_FAST_AS_BUN.includes(path));
/** A verb starts in a quarter of a second there, and a test says twenty of them. */
const onCommand = (name: string, files: readonly string[], ...words: readonly string[]): Promise<void> =>
  onBun(name, files, 5 * TEST_MS, { SKEP_UNDER_TEST: words.join(" ") });

const SUITES: Readonly<Record<string, () => Promise<void>>> = {
  bun: () => onBun("bun", testsIn("test")),
  deno: () => onDeno(shared()),
  node: () => onNode(shared()),
  "cli-deno": () =>
    onCommand("cli-deno", CLI_CORE, resolve(`${BIN}/deno`), "run", "-A", "--no-check", resolve("src/cli/main.ts")),
  "cli-node": () => onCommand("cli-node", [...CLI_CORE, ...CLI_MORE], "node", "--", resolve("dist/lib/cli.js")),
  fault: testFaults,
  bench: async () => void (await step("bench", `${BIN}/bun`, ["test/bench/run.ts", "--short"])), // answers, not times
};

async function testAll(names: readonly string[]): Promise<void> {
  for (const name of names) if (!Object.hasOwn(SUITES, name)) throw new Error(`no suite is called ${name}`);
  rmSync(CACHE, { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  if (names.length === 0) {
    if (!(await step("build", `${BIN}/bun`, ["build.ts"]))) return;
    await step("check", `${BIN}/bun`, ["run", "--silent", "check"]);
  }
  for (const [name, start] of Object.entries(SUITES)) if (names.length === 0 || names.includes(name)) await start();
}

try {
  await testAll(process.argv.slice(2));
} catch (error) {
  console.log(error);
  sum.failed += 1;
}
console.log(count(sum.passed, sum.failed, sum.skipped));
process.exitCode = sum.failed === 0 ? 0 : 1;
