/** What `doctor` says in a sandbox, and its ways of a fault that is found and mended. */
import assert from "node:assert/strict";
import { join } from "node:path";
import * as v from "valibot";
import type { Finding } from "../../../src/supervisor/doctor/finding.ts";
import type { Cli } from "./harness.ts";

const findingSchema: v.GenericSchema<unknown, Found> = v.strictObject({
  code: v.string(),
  message: v.string(),
  agent: v.optional(v.string()),
  path: v.optional(v.string()),
  note: v.optional(v.literal(true)),
  repair: v.optional(v.string()),
  done: v.optional(v.string()),
  failed: v.optional(v.string()),
});
export interface Found {
  readonly code: string;
  readonly message: string;
  readonly agent?: string | undefined;
  readonly path?: string | undefined;
  readonly note?: true | undefined;
  readonly repair?: string | undefined;
  readonly done?: string | undefined;
  readonly failed?: string | undefined;
}

export interface Doctor {
  /** All that it finds but what the machine is: where a logout ends things, or there is no bash. Its exit code must be this one. */
  doctor(code: number | undefined, ...flags: readonly string[]): Promise<readonly Found[]>;
  /** Finds this one fault, mends it, and finds nothing afterwards. */
  mended(code: Finding["code"]): Promise<Found>;
  /** A command that has ended. */
  ended(name: string, ...command: readonly string[]): Promise<string>;
  folderOf(id: string): string;
}
export const codesOf = (found: readonly Found[]): readonly string[] => found.map(({ code }) => code);

export function openDoctor({ root, skep, ok }: Cli): Doctor {
  const doctor: Doctor["doctor"] = async (code, ...flags) => {
    const ran = await skep(["doctor", "--json", ...flags]);
    if (code !== undefined) assert.equal(ran.code, code, ran.stdout + ran.stderr);
    const found = v.parse(v.array(findingSchema), JSON.parse(ran.stdout));
    return found.filter((one) => one.code !== "logout" && one.code !== "missing_tool");
  };
  return {
    doctor,
    folderOf: (id) => join(root, "agents", id),
    async ended(name, ...command) {
      const id = await ok("spawn", "-n", name, "--", ...(command.length === 0 ? ["true"] : command));
      await skep(["wait", id]);
      return id;
    },
    async mended(code) {
      assert.deepEqual(codesOf(await doctor(1)), [code]);
      const [found] = await doctor(0, "--repair");
      assert.equal(found?.code, code);
      assert.ok(found.done, JSON.stringify(found));
      assert.deepEqual(codesOf(await doctor(0)), []);
      return found;
    },
  };
}
