/**
 * What must not be set where skep runs. In the binary these variables let others run code in it. What a debugger brings is
 * run before ours: that cannot be closed from inside, only refused then. It loads nothing: even `--version` asks it.
 */
import { build } from "../build-info.ts";

const CACHE = "BUN_RUNTIME_TRANSPILER_CACHE_PATH";
const NO_ORPHANS = "BUN_FEATURE_FLAG_NO_ORPHANS"; // Bun ends what it started, and what that started

export interface EnvironmentFault {
  readonly name: string; // of the variable
  readonly why: string;
}

const OTHERS_RUN = "others could run code in skep";
const isAbsolute = (path: string): boolean => path.startsWith("/");

export function findEnvironmentFault({
  env,
  execArgv,
}: Pick<NodeJS.Process, "env" | "execArgv">): EnvironmentFault | undefined {
  if (build !== "binary") return undefined;
  const names = execArgv.length > 1 ? ["BUN_OPTIONS"] : []; // build.ts gives one word
  for (const name of ["BUN_INSPECT", "BUN_INSPECT_CONNECT_TO", "BUN_INSPECT_PRELOAD"]) if (env[name]) names.push(name);
  // Bun looks there for what a plugin imports: a relative folder of it is one of whoever owns the current folder.
  const folders = env["NODE_PATH"]?.split(":") ?? [];
  if (folders.some((folder) => folder !== "" && !isAbsolute(folder))) names.push("NODE_PATH");
  // So is one in which it keeps what it made of it. The first that is set counts, and an empty one is the current folder.
  const cache = [CACHE, "XDG_CACHE_HOME", "HOME"].find((name) => env[name] !== undefined);
  const folder = env[cache ?? ""] ?? "/";
  const none = cache === CACHE && ["", "0"].includes(folder);
  if (cache !== undefined && !none && !isAbsolute(folder)) names.push(cache);
  const [name] = names;
  if (name !== undefined) return { name, why: OTHERS_RUN };
  if (["", "0", "false"].includes(env[NO_ORPHANS] ?? "")) return undefined;
  return { name: NO_ORPHANS, why: "the supervisor would end with the verb that started it" };
}
