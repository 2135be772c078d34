/** What an agent says it used, summed: each number by itself, by what it is said to cover. */
import type { AgentEvent, Usage } from "../types.ts";
import type { AgentState, Sum } from "./state.ts";

type Sums = AgentState["usage"];
const NUMBERS = ["input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cost_usd"] as const;
type Scope = Extract<AgentEvent, { kind: "usage" }>["scope"];

export function addUsage(sums: Sums, scope: Scope, usage: Partial<Usage>): Sums {
  const next = { ...sums };
  for (const key of NUMBERS) {
    const value = usage[key];
    if (value === undefined || !Number.isFinite(value) || value < 0) continue;
    next[key] = addNumber(sums[key] ?? { past: 0, run: 0, session: 0 }, scope, value);
  }
  return next;
}

function addNumber(sum: Sum, scope: Scope, value: number): Sum {
  if (scope === "run") return { ...sum, run: value };
  if (scope !== "session") return { ...sum, past: sum.past + value };
  if (value === 0) return sum; // an error told before anything was counted is no new beginning
  return value < sum.session ? { ...sum, past: sum.past + sum.session, session: value } : { ...sum, session: value };
}

export function closeRunUsage(sums: Sums): Sums {
  const next = { ...sums };
  for (const key of NUMBERS) {
    const sum = sums[key];
    if (sum !== undefined && sum.run > 0) next[key] = { ...sum, past: sum.past + sum.run, run: 0 };
  }
  return next;
}
