/** A process that prints as a verb does: `lines <count>` on stdout, `talk [-q|-v]` and `error [--json] [-v]` on stderr. */
import { openOutput } from "../../src/cli/output.ts";
import { makeTalk, printError } from "../../src/cli/talk.ts";
import { SkepError } from "../../src/errors.ts";

const [mode, ...args] = process.argv.slice(2);
process.exitCode = 3;
if (mode === "lines") {
  const output = openOutput();
  try {
    for (let line = 0; line < Number(args[0]) && !output.closed.aborted; line++)
      await output.write(`${"x".repeat(999)}\n`);
  } catch (error) {
    printError(error);
    process.exitCode = 1;
  }
} else if (mode === "talk") {
  const talk = makeTalk({ quiet: args.includes("-q"), verbose: args.includes("-v") });
  void talk.notice("a notice \u001b]0;x\u0007\r");
  void talk.detail("a detail");
  void talk.warn("a warning");
} else {
  const error = args.includes("-v")
    ? new TypeError("a bug")
    : new SkepError("not_found", "no agent is called \u001b[31mx\r\ny\u202e", { hint: "skep ls\n-a" });
  printError(error, { json: args.includes("--json"), verbose: args.includes("-v") });
}
