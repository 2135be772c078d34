import { type AgentUnderTest, nameOf } from "./agent.ts";
import type { Scenario } from "./scenarios.ts";

export interface Result {
  readonly runner: string;
  readonly scenario: string;
  readonly how: "ok" | "failed" | "skipped";
  readonly why?: string;
  readonly seconds?: number;
}
/** What is said of each runner and scenario, and the lines below that say why something failed. */
interface Told {
  readonly cells: ReadonlyMap<string, string>;
  readonly reasons: readonly string[];
}

const keyOf = (runner: string, scenario: string): string => `${runner}, ${scenario}`;
function cellOf({ how, seconds, why }: Result): string {
  if (how === "ok") return `ok, ${Math.ceil(seconds ?? 0)} s`;
  return how === "skipped" ? `skipped: ${why ?? ""}` : how;
}
const VERSION = "version";
const versionOf = ({ programs }: AgentUnderTest): string => programs.map(({ version }) => version).join(", ");

/** A row for each scenario, a column for each runner; below it why something failed. */
export const tableOf = (
  agents: readonly AgentUnderTest[],
  scenarios: readonly Scenario[],
  results: readonly Result[],
): string => format(agents, scenarios, tell(results));

function tell(results: readonly Result[]): Told {
  return {
    cells: new Map(results.map((one) => [keyOf(one.runner, one.scenario), cellOf(one)])),
    reasons: results.flatMap(({ runner, scenario, how, why }) =>
      how !== "failed" ? [] : [`- ${keyOf(runner, scenario)}: ${how}: ${why ?? ""}`],
    ),
  };
}

function format(agents: readonly AgentUnderTest[], scenarios: readonly Scenario[], { cells, reasons }: Told): string {
  const row = (words: readonly string[]): string => `| ${words.join(" | ")} |`;
  const lines = [
    row(["", ...agents.map(nameOf)]),
    row(["---", ...agents.map(() => "---")]),
    row([VERSION, ...agents.map(versionOf)]),
    ...scenarios.map(({ name }) => row([name, ...agents.map((agent) => cells.get(keyOf(nameOf(agent), name)) ?? "")])),
  ];
  return [...lines, ...(reasons.length === 0 ? [] : ["", ...reasons]), ""].join("\n");
}

const BEGIN = "<!-- written by npm run test:agents -- --update -->";
const END = "<!-- end -->";

/**
 * The page with these results in its table. What was not run now stays as it is, if it was said of the same version: all
 * runners at once take an hour.
 */
export function pageWith(
  page: string,
  agents: readonly AgentUnderTest[],
  scenarios: readonly Scenario[],
  results: readonly Result[],
): string {
  const [before, rest] = page.split(BEGIN);
  const [table, after] = rest?.split(END) ?? [];
  if (before === undefined || table === undefined || after === undefined)
    throw new Error(`the page has no ${BEGIN} … ${END}`);
  const fresh = tell(results);
  const kept = readTable(table, agents);
  const isKept = (reason: string): boolean =>
    [...kept.keys()].some((key) => !fresh.cells.has(key) && reason.startsWith(`- ${key}: `));
  const told = {
    cells: new Map([...kept, ...fresh.cells]),
    reasons: [...table.split("\n").filter(isKept), ...fresh.reasons],
  };
  return `${before}${BEGIN}\n\n${format(agents, scenarios, told)}\n${END}${after}`;
}

function readTable(table: string, agents: readonly AgentUnderTest[]): ReadonlyMap<string, string> {
  const rows = table
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => line.split("|").map((word) => word.trim()));
  const [, , ...names] = rows[0] ?? [];
  const columns = names.map((name, at) => ({ name, words: new Map(rows.map((row) => [row[1], row[at + 2] ?? ""])) }));
  const current = columns.filter(({ name, words }) =>
    agents.some((agent) => nameOf(agent) === name && versionOf(agent) === words.get(VERSION)),
  );
  const scenarios = rows.slice(3).map((row) => row[1] ?? "");
  return new Map(
    current.flatMap(({ name, words }) => scenarios.map((one) => [keyOf(name, one), words.get(one) ?? ""] as const)),
  );
}
