/** Runs the checks of a contract without a test runner, to see which of them a broken part fails. */
import assert from "node:assert/strict";
import type { Check } from "../../src/testing/check.ts";

/** Throws unless exactly the checks whose titles begin so fail; `why`: what their errors say together. */
export async function assertFails(checks: readonly Check[], titles: readonly string[], why: RegExp): Promise<void> {
  const failed: string[] = [];
  const reasons: string[] = [];
  for (const { title, run } of checks) {
    try {
      await run();
    } catch (error) {
      failed.push(title);
      reasons.push(String(error));
    }
  }
  const matched = failed.map((title) => titles.find((start) => title.startsWith(start)) ?? title);
  assert.deepEqual(matched, titles, reasons.join("\n"));
  assert.match(reasons.join("\n"), why);
}
