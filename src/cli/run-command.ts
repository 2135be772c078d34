/** From the words of a command to the end of its verb. */
import { version } from "../build-info.ts";
import { onlyLinux, refusedEnvironment } from "../errors.ts";
import { parseArgs } from "./args.ts";
import { COMMANDS, HIDDEN } from "./command-table.ts";
import { findEnvironmentFault } from "./environment.ts";
import { exitCodeOf } from "./exit-codes.ts";
import { briefHelp, fullHelp, verbHelp } from "./help.ts";
import { openOutput } from "./output.ts";
import { GLOBAL_FLAGS } from "./flags.ts";
import { makeTalk, printError } from "./talk.ts";

export async function runCommand(argv: readonly string[]): Promise<void> {
  const [first] = argv;
  const asked = argv.slice(0, argv.includes("--") ? argv.indexOf("--") : undefined);
  const json = asked.includes("--json");
  try {
    // skep reads /proc.
    if (process.platform !== "linux") throw onlyLinux(process.platform);
    const fault = findEnvironmentFault(process);
    if (fault !== undefined) throw refusedEnvironment(fault.name, fault.why);
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
