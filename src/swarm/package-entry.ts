/** The file that `import` would take of a package: what its exports or main say, else index.js. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { noPackageEntry, systemCode } from "../errors.ts";

const CONDITIONS = ["import", "node", "module-sync", "default"];
const packageSchema = v.object({ main: v.exactOptional(v.string()), exports: v.exactOptional(v.unknown()) });

/** Throws SkepError "plugin" for a package.json that leads to none. */
export function entryOf(folder: string): string {
  const manifest = readManifest(folder);
  const parsed = v.safeParse(packageSchema, manifest);
  if (!parsed.success) throw noPackageEntry(folder);
  const { main, exports } = parsed.output;
  if (exports === undefined) return join(folder, main ?? "index.js");
  const root: unknown = isRecord(exports) && "." in exports ? exports["."] : exports;
  const file = targetOf(root);
  if (file === undefined) throw noPackageEntry(folder);
  return join(folder, file);
}

/** A text, or the first condition that holds, as deep as it goes. */
function targetOf(target: unknown): string | undefined {
  if (typeof target === "string") return target;
  if (!isRecord(target)) return undefined;
  for (const [condition, inner] of Object.entries(target)) {
    const found = CONDITIONS.includes(condition) ? targetOf(inner) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function readManifest(folder: string): unknown {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  } catch (error) {
    if (systemCode(error) === "ENOENT") return {};
    throw noPackageEntry(folder);
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
