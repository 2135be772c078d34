import { test } from "node:test";

/** One thing that a contract asks for; `run` throws when it is not given. */
export interface Check {
  readonly title: string;
  readonly run: () => Promise<void> | void;
}

/** Registers checks with the test runner of Node, Bun or Deno. */
export function register(subject: string, checks: readonly Check[]): void {
  // A function of its own: the runner's context is no business of a check.
  for (const { title, run } of checks) void test(`${subject} ${title}`, () => run());
}
