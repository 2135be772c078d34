import { isAbsolute } from "node:path";
import { build, version } from "../build-info.ts";
import { onlyLinux, refusedEnvironment } from "../errors.ts";
import { parseArgs } from "./args.ts";
import { COMMANDS, HIDDEN } from "./command-table.ts";
import { exitCodeOf } from "./exit-codes.ts";
import { briefHelp, fullHelp, verbHelp } from "./help.ts";
import { openOutput } from "./output.ts";
import { GLOBAL_FLAGS } from "./flags.ts";
import { makeTalk, printError } from "./talk.ts";

const CACHE = "BUN_RUNTIME_TRANSPILER_CACHE_PATH";
const NO_ORPHANS = "BUN_FEATURE_FLAG_NO_ORPHANS"; // Bun ends what it started, and what that started

async function main(argv: readonly string[]): Promise<void> {
  const [first] = argv;
  if (first === "__demo-agent") {
    const { runDemoAgent } = await import("../../plugins/demo/agent.ts");
    return runDemoAgent(argv.slice(1));
  }
  const asked = argv.slice(0, argv.includes("--") ? argv.indexOf("--") : undefined);
  const json = asked.includes("--json");
  try {
    checkEnvironment();
    // `skep help stop` is what many type.
    const words = first === "help" ? [...argv.slice(1), "--help"] : argv;
    const args = parseArgs(words, [...COMMANDS, ...HIDDEN], GLOBAL_FLAGS);
    const { command, options } = args;
    const output = openOutput();
    if (options.has("version")) return await output.write(`${version}\n`);
    if (command === undefined)
      return await output.write(options.has("help") ? fullHelp(COMMANDS, GLOBAL_FLAGS) : briefHelp(COMMANDS));
    if (options.has("help")) return await output.write(verbHelp(command, GLOBAL_FLAGS, COMMANDS));
    const [{ hostPlugins }, { readSettings }] = await Promise.all([
      import("./host-plugins.ts"),
      import("./settings.ts"),
    ]);
    hostPlugins();
    const settings = readSettings(options, process.env, process.cwd());
    const endings: (() => Promise<void>)[] = [];
    const context = {
      args,
      settings,
      output,
      talk: makeTalk(settings),
      atEnd: (work: () => Promise<void>) => void endings.push(work),
    };
    try {
      await (await command.load()).run(context);
    } finally {
      for (const end of endings) await end();
    }
  } catch (error) {
    printError(error, { json, verbose: asked.includes("-v") || asked.includes("--verbose") });
    process.exitCode = exitCodeOf(error);
  }
}

/**
 * skep reads /proc. In the binary these variables let others run code in it. What a debugger brings is run before ours: that
 * cannot be closed from inside, only refused then.
 */
function checkEnvironment(): void {
  if (process.platform !== "linux") throw onlyLinux(process.platform);
  if (build !== "binary") return;
  if (process.execArgv.length > 1) throw refusedEnvironment("BUN_OPTIONS"); // build.ts gives one word
  for (const name of ["BUN_INSPECT", "BUN_INSPECT_CONNECT_TO", "BUN_INSPECT_PRELOAD"])
    if (process.env[name]) throw refusedEnvironment(name);
  // Bun looks there for what a plugin imports: a relative folder of it is one of whoever owns the current folder.
  const folders = process.env["NODE_PATH"]?.split(":") ?? [];
  if (folders.some((folder) => folder !== "" && !isAbsolute(folder))) throw refusedEnvironment("NODE_PATH");
  // So is one in which it keeps what it made of it. The first that is set counts, and an empty one is the current folder.
  const cache = [CACHE, "XDG_CACHE_HOME", "HOME"].find((name) => process.env[name] !== undefined);
  const folder = process.env[cache ?? ""] ?? "/";
  const none = cache === CACHE && ["", "0"].includes(folder);
  if (cache !== undefined && !none && !isAbsolute(folder)) throw refusedEnvironment(cache);
  if (!["", "0", "false"].includes(process.env[NO_ORPHANS] ?? ""))
    throw refusedEnvironment(NO_ORPHANS, "the supervisor would end with the verb that started it");
}

await main(process.argv.slice(2));
