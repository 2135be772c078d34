import { createHash } from "node:crypto";
import type { Environment } from "skep";

/** Names a login: agents with the same settings folder share it, and a key of the environment's own is told apart by its hash. */
export function loginOf(agent: string, folder: string, keys: readonly string[], env: Environment): string {
  const own = keys.map((name) => env[name] ?? "").join("\n");
  const hash = own.trim() === "" ? "" : createHash("sha256").update(own).digest("hex").slice(0, 12);
  return [agent, folder, hash].join(" ").trimEnd();
}
