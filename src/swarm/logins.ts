/**
 * Agents that share one login start one at a time: the next waits for the first event of the former, at most five seconds.
 * So a login that does not work is tried by one. Then the others are held back, for all to see, until one of them logs in
 * or a user resumes one. What is known of logins is in memory alone: a new supervisor lets one try again.
 */
import type { StampedEvent } from "../types.ts";
import type { Hive } from "./hive.ts";
import { hasEnded } from "./observe.ts";
import { type Kept, recordOwn } from "./kept.ts";

export interface Login {
  starting: string | undefined; // id of the agent whose first event is waited for
  failure: string | undefined; // in words
  readonly next: (() => void)[]; // who waits for their turn, in order
}

const FIRST_EVENT_MS = 5_000;

function loginOf(hive: Hive, name: string): Login {
  const known = hive.logins.get(name) ?? { starting: undefined, failure: undefined, next: [] };
  hive.logins.set(name, known);
  return known;
}

/** Why nobody of this login is started now; `undefined`: nothing is in the way. */
export const failureOf = (hive: Hive, name: string | undefined): string | undefined =>
  name === undefined ? undefined : hive.logins.get(name)?.failure;

/** Resolves when it is this agent's turn to start, or with why it is held back. Its turn ends by itself. */
export async function takeTurn(hive: Hive, name: string | undefined, id: string): Promise<string | undefined> {
  if (name === undefined) return undefined;
  const login = loginOf(hive, name);
  while (login.starting !== undefined && login.failure === undefined && !hive.closed)
    await new Promise<void>((resolve) => login.next.push(resolve));
  if (login.failure !== undefined) return login.failure;
  login.starting = id;
  setTimeout(() => endTurn(hive, name, id), FIRST_EVENT_MS).unref();
  return undefined;
}

export function endTurn(hive: Hive, name: string | undefined, id: string): void {
  const login = name === undefined ? undefined : hive.logins.get(name);
  if (login?.starting !== id) return;
  login.starting = undefined;
  login.next.shift()?.();
}

/** Who waits for a turn is told that there will be none. */
export function endTurns(hive: Hive): void {
  for (const { next } of hive.logins.values()) for (const wake of next.splice(0)) wake();
}

/** Takes in what an agent said: its first event, and whether its login works. */
export function noticeLogin(hive: Hive, kept: Kept, events: readonly StampedEvent[]): void {
  const { login: name, journal, run } = kept;
  if (name === undefined || run === undefined) return;
  for (const event of events) {
    if (event.kind === "error" && event.login === true) fail(hive, name, `${kept.id}: ${event.message}`);
    else if (event.kind === "turn_ended" && event.error === undefined && event.cancelled !== true) release(hive, name);
  }
  const { out, err, mirror } = journal.cursor;
  const spoke = journal.run === run.run && out + err + mirror > 0;
  if (spoke || hasEnded(journal, run)) endTurn(hive, name, kept.id);
}

function fail(hive: Hive, name: string, why: string): void {
  const login = loginOf(hive, name);
  login.failure = why;
  for (const wake of login.next.splice(0)) wake();
}

/** The login works again, or a user wants it tried. */
export function release(hive: Hive, name: string | undefined): void {
  const login = name === undefined ? undefined : hive.logins.get(name);
  if (login?.failure === undefined) return;
  login.failure = undefined;
  for (const kept of hive.kept.values()) if (kept.login === name) letStart(hive, kept);
}

/** Holds an agent back: in its log, so that everybody sees why it does not start. */
export function holdBack(hive: Hive, kept: Kept, name: string | undefined, why: string): void {
  kept.login = name;
  if (kept.journal.state.heldBack !== why) recordOwn(kept, hive.now(), "start_held", { why });
}

/** Whether it was held back. */
export function endHold(hive: Hive, kept: Kept): boolean {
  if (kept.journal.state.heldBack === undefined) return false;
  recordOwn(kept, hive.now(), "start_released", {});
  return true;
}

export function letStart(hive: Hive, kept: Kept): void {
  if (endHold(hive, kept)) hive.deliver(kept);
}
