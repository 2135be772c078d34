/**
 * The demo agent: a deterministic child that speaks zot's swarm protocol. It answers each prompt with
 * `echo: <text> (turn <n>)`, n counted over resumes; what else a prompt can ask of it stands in script.ts. Like zot, it
 * drops a message that comes in while a turn runs and reports "agent busy", and it begins with the task of its command line.
 */
import { rmSync } from "node:fs";
import { openConversation } from "./conversation.ts";
import { type InboxMessage, listen } from "./inbox.ts";
import { openOutput } from "./output.ts";
import { parseScript } from "./script.ts";
import { runTurn } from "./turn.ts";

const OPTIONS = ["--swarm-agent", "--session", "--cwd", "--model", "--provider"];
const SIGTERM_EXIT = 143;

/**
 * Takes the arguments behind the command word, FORMATS' "The child's side". Resolves when the inbox is open and the task, if
 * there is one, has begun; the process ends by `shutdown`, SIGTERM or the script. Throws when the inbox can't be opened.
 */
export async function runDemoAgent(argv: readonly string[]): Promise<void> {
  const { options, task } = readArgs(argv);
  const inbox = needed(options, "--swarm-agent");
  const conversation = openConversation(needed(options, "--session"));
  const output = openOutput(process.env["ZOT_SWARM_EVENT_LOG"]);

  let turn: AbortController | undefined;
  let stubborn = false;

  const leave = (code: number): void => {
    rmSync(inbox, { force: true });
    process.exit(code);
  };

  const start = async (text: string): Promise<void> => {
    if (turn !== undefined) return output.emit("error", { message: "agent busy; send 'cancel' first" });
    turn = new AbortController();
    const script = parseScript(text);
    stubborn ||= script.some(({ kind }) => kind === "stubborn");
    const end = await runTurn(text, conversation, output, turn.signal);
    turn = undefined;
    output.emit("turn_end", { ...end });
    for (const step of script) if (step.kind === "fail") leave(step.code);
  };

  const receive = (message: InboxMessage): void => {
    switch (message.kind) {
      case "user":
        return void start(message.text);
      case "cancel":
        return turn?.abort();
      case "shutdown":
        return stubborn ? undefined : leave(0);
      case "unknown":
        return output.emit("error", { message: "unknown supervisor message" });
    }
  };

  process.on("SIGTERM", () => {
    if (!stubborn) leave(SIGTERM_EXIT);
  });
  await listen(inbox, receive);
  output.emit("agent_ready", { version: "demo", cwd: process.cwd(), model: options.get("--model") ?? "demo" });
  if (task !== "") void start(task);
}

/** Options with their values; the task is what stands alone. */
function readArgs(argv: readonly string[]): { options: ReadonlyMap<string, string>; task: string } {
  const options = new Map<string, string>();
  let task = "";
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? "";
    const value = argv[at + 1];
    if (!OPTIONS.includes(word) || value === undefined) {
      task = word;
      continue;
    }
    options.set(word, value);
    at += 1;
  }
  return { options, task };
}

function needed(options: ReadonlyMap<string, string>, name: string): string {
  const value = options.get(name);
  if (value === undefined) throw new Error(`the demo agent needs ${name} <path>`);
  return value;
}
