/** Mends what can be mended: first what needs the root for itself, then what may start a supervisor. */
import { join } from "node:path";
import { reasonOf } from "../../errors.ts";
import { type Lock, takeLock } from "../../store/lock.ts";
import type { Fault, Finding } from "./finding.ts";

/** The same findings in their order, each with what became of it. */
export async function repair(root: string, faults: readonly Fault[]): Promise<readonly Finding[]> {
  const done = new Map<Fault, Finding>();
  const alone = faults.filter(({ mend }) => mend?.alone === true);
  const lock = alone.length === 0 ? undefined : await takeLock(join(root, "lock")).catch(reasonOf);
  for (const fault of alone) done.set(fault, await mendUnder(lock, fault));
  if (typeof lock === "object") lock.release();
  for (const fault of faults) if (!done.has(fault)) done.set(fault, await mendOne(fault));
  return faults.map((fault) => done.get(fault) ?? asFinding(fault));
}

async function mendUnder(lock: Lock | string | undefined, fault: Fault): Promise<Finding> {
  if (typeof lock === "string") return { ...asFinding(fault), failed: lock };
  if (lock === undefined)
    return { ...asFinding(fault), failed: "a supervisor runs, and is not disturbed: skep supervisor stop, then again" };
  return mendOne(fault);
}

async function mendOne(fault: Fault): Promise<Finding> {
  const finding = asFinding(fault);
  if (fault.mend === undefined) return finding;
  try {
    return { ...finding, done: await fault.mend.run() };
  } catch (error) {
    return { ...finding, failed: reasonOf(error) };
  }
}

export function asFinding(fault: Fault): Finding {
  const finding: Fault = { ...fault, mend: undefined };
  return finding;
}

/** Whether somebody has to do something: no note, and not mended. */
export const needsPerson = ({ note, done }: Finding): boolean => note !== true && done === undefined;
