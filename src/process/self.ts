import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "../build-info.ts";

/** The argv that starts this skep: for its supervisor, and for agents that live inside it. */
export function selfCommand(): readonly string[] {
  if (build === "binary") return [process.execPath];
  const here = dirname(fileURLToPath(import.meta.url));
  const script = build === "lib" ? join(here, "cli.js") : join(here, "..", "cli", "main.ts");
  const flags = "Deno" in globalThis ? ["run", "--quiet", "-A", "--no-check"] : [];
  return [process.execPath, ...flags, script];
}
