/** Reading what an agent wrote: any field may be missing, or of another kind. */
import type { AgentEvent, Usage } from "skep";

export type Fields = Readonly<Record<string, unknown>>;

/** An object; JSON-RPC tells that something failed by one, and some agents say null where there is none. */
export const isRecord = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The fields of an object; of anything else, none. */
export const fields = (value: unknown): Fields => (isRecord(value) ? value : {});

/** The objects of an array. */
export const objects = (value: unknown): readonly Fields[] => list(value).filter(isRecord);

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** A string that is not empty. */
export const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/** A count or an amount: a number, not negative. */
export const amount = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;

/** An id of JSON-RPC, as text. */
export const requestId = (value: unknown): string | undefined =>
  typeof value === "number" ? String(value) : typeof value === "string" ? value : undefined;

/** RFC 3339 of seconds since 1970. */
export function timeOfSeconds(value: unknown): string | undefined {
  const seconds = amount(value);
  return seconds === undefined || seconds > 8.64e12 ? undefined : new Date(seconds * 1000).toISOString();
}

type Known<T> = { [Key in keyof T]?: NonNullable<T[Key]> };
/** Leaves out the keys whose value is unknown. */
export function known<T extends object>(values: T): Known<T> {
  const kept: Known<T> = {};
  for (const key in values) {
    const value = values[key];
    if (value !== undefined && value !== null) kept[key] = value;
  }
  return kept;
}

type UsageEvent = Extract<AgentEvent, { kind: "usage" }>;
/** A usage event of the numbers that were told; none, when none was. */
export function spent(
  scope: UsageEvent["scope"],
  usage: { readonly [Key in keyof Usage]?: number | undefined },
): readonly UsageEvent[] {
  const told = known(usage);
  return Object.keys(told).length === 0 ? [] : [{ kind: "usage", scope, usage: told }];
}

type SessionEvent = Extract<AgentEvent, { kind: "agent_session" }>;
export function agentSession(value: unknown): readonly SessionEvent[] {
  const id = text(value);
  return id === undefined ? [] : [{ kind: "agent_session", id }];
}
