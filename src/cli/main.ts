/** The program's entry. What is asked for before all else waits for nothing else to be loaded. */
import { writeSync } from "node:fs";
import { version } from "../build-info.ts";
import { findEnvironmentFault } from "./environment.ts";

/** Whether that was all, and it could be said. */
function saidVersion(argv: readonly string[]): boolean {
  if (!["--version", "-V"].includes(argv.join(" ")) || findEnvironmentFault(process) !== undefined) return false;
  try {
    return writeSync(1, `${version}\n`) > 0;
  } catch {
    return false; // what stands in its way is told as with any verb
  }
}

const argv = process.argv.slice(2);
if (argv[0] === "__demo-agent") await (await import("../../plugins/demo/agent.ts")).runDemoAgent(argv.slice(1));
else if (!saidVersion(argv)) await (await import("./run-command.ts")).runCommand(argv);
