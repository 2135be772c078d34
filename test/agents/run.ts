/**
 * `npm run test:agents`: puts the real programs through what skep promises, with the loopback network only. Installs them
 * first. Prints a table; `--update` writes it into docs/agents.md, as each runner is done. `--only <runner>` and `--scenario <part of a name>` narrow
 * it. Fails when anything failed.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { AGENTS } from "./agents.ts";
import { nameOf } from "./agent.ts";
import { type Bench, openBench } from "./bench.ts";
import { install } from "./install.ts";
import { type Scenario, SCENARIOS } from "./scenarios.ts";
import { pageWith, type Result, tableOf } from "./table.ts";

const INSIDE = "--inside"; // a network of its own
const PAGE = "docs/agents.md";
const LIMIT_MS = 20 * 60_000; // of one scenario

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    scenario: { type: "string", multiple: true },
    update: { type: "boolean" },
    inside: { type: "boolean" },
  },
});
const agents = AGENTS.filter((agent) => values.only?.includes(nameOf(agent)) ?? true);
const scenarios = SCENARIOS.filter(({ name }) => values.scenario?.some((part) => name.includes(part)) ?? true);

if (values.inside === true) process.exitCode = await runAll();
else {
  for (const program of agents.flatMap(({ programs }) => programs)) {
    console.log(`installing ${program.package}@${program.version}`);
    await install(program);
  }
  const cut = 'ip link set lo up && exec "$@"';
  const argv = ["-rn", "sh", "-c", cut, "sh", process.execPath, ...process.argv.slice(1), INSIDE];
  const { status, error } = spawnSync("unshare", argv, { stdio: "inherit" });
  if (error !== undefined) throw error; // without it nobody could say that no other network was used
  process.exitCode = status ?? 1;
}

async function runAll(): Promise<number> {
  const results: Result[] = [];
  for (const agent of agents) {
    const bench = await openBench(agent);
    try {
      for (const scenario of scenarios) {
        const result = await runOne(bench, scenario);
        results.push(result);
        console.log(
          `${nameOf(agent)}: ${scenario.name}: ${result.how}${result.why === undefined ? "" : `: ${result.why}`}`,
        );
      }
    } finally {
      await bench.close();
    }
    if (values.update === true) writeFileSync(PAGE, pageWith(readFileSync(PAGE, "utf8"), AGENTS, SCENARIOS, results));
  }
  console.log(`\n${tableOf(agents, scenarios, results)}`);
  return results.some(({ how }) => how === "failed") ? 1 : 0;
}

async function runOne(bench: Bench, scenario: Scenario): Promise<Result> {
  const runner = nameOf(bench.agent);
  const { name } = scenario;
  const skipped = bench.agent.skips?.[name] ?? scenario.skip?.(bench);
  if (skipped !== undefined) return { runner, scenario: name, how: "skipped", why: skipped };
  const started = Date.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not over after ${LIMIT_MS / 60_000} minutes`)), LIMIT_MS);
  });
  try {
    await Promise.race([scenario.run(bench), late]);
    return { runner, scenario: name, how: "ok", seconds: (Date.now() - started) / 1_000 };
  } catch (error) {
    const why = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ").slice(0, 1_500);
    return { runner, scenario: name, how: "failed", why };
  } finally {
    clearTimeout(timer);
    await bench.rest();
  }
}
