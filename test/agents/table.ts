import { type AgentUnderTest, nameOf } from "./agent.ts";
import type { Scenario } from "./scenarios.ts";

export interface Result {
  readonly runner: string;
  readonly scenario: string;
  readonly how: "ok" | "failed" | "skipped";
  readonly why?: string;
  readonly seconds?: number;
}

/** A row for each scenario, a column for each runner; below it why something was skipped or failed. */
export function tableOf(
  agents: readonly AgentUnderTest[],
  scenarios: readonly Scenario[],
  results: readonly Result[],
): string {
  const find = (runner: string, scenario: string): Result | undefined =>
    results.find((one) => one.runner === runner && one.scenario === scenario);
  const cell = ({ how, seconds }: Result): string => (how === "ok" ? `ok, ${Math.ceil(seconds ?? 0)} s` : how);
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const programs = agents.map(({ programs: all }) => all.map(({ version }) => version).join(", "));
  const lines = [
    row(["", ...agents.map(nameOf)]),
    row(["---", ...agents.map(() => "---")]),
    row(["version", ...programs]),
    ...scenarios.map(({ name }) =>
      row([
        name,
        ...agents.map((agent) => {
          const result = find(nameOf(agent), name);
          return result === undefined ? "" : cell(result);
        }),
      ]),
    ),
  ];
  const reasons = results.flatMap(({ runner, scenario, how, why }) =>
    why === undefined ? [] : [`- ${runner}, ${scenario}: ${how}: ${why}`],
  );
  return [...lines, ...(reasons.length === 0 ? [] : ["", ...reasons]), ""].join("\n");
}

const BEGIN = "<!-- written by npm run test:agents -- --update -->";
const END = "<!-- end -->";

/** The page with its table replaced. */
export function pageWith(page: string, table: string): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`the page has no ${BEGIN} … ${END}`);
  return `${before}${BEGIN}\n\n${table}\n${END}${after}`;
}
