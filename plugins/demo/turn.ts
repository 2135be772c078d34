import { existsSync } from "node:fs";
import type { Conversation } from "./conversation.ts";
import { formatEvent, type Output } from "./output.ts";
import { parseScript, type Step } from "./script.ts";

const POLL_MS = 10;
const FLOOD_LINES = 1_000; // a write

/** The numbered `turn_end` that a turn comes to. */
export interface TurnEnd {
  readonly step: number;
  readonly stop: "end" | "cancelled";
}

/** One prompt, from `turn_start` up to its `turn_end`, which is left to the caller: it must be ready for the next by then. */
export async function runTurn(
  text: string,
  conversation: Conversation,
  output: Output,
  signal: AbortSignal,
): Promise<TurnEnd> {
  const step = conversation.exchanges.length + 1;
  const script = parseScript(text);
  output.emit("turn_start", { step });
  output.emit("user_message", { content: blocks(text) });
  for (const next of script) if (!signal.aborted) await perform(next, output, signal);
  if (signal.aborted) {
    conversation.add({ user: text });
    return { step, stop: "cancelled" };
  }
  const answer = `echo: ${text} (turn ${step})`;
  const line = formatEvent("assistant_message", { content: blocks(answer) });
  if (script.some(({ kind }) => kind === "ragged")) await writeRagged(line, output, signal);
  else output.write(line);
  conversation.add({ user: text, assistant: answer });
  output.emit("usage", { cumulative: usageOf(conversation) });
  return { step, stop: "end" };
}

async function perform(step: Step, output: Output, signal: AbortSignal): Promise<void> {
  switch (step.kind) {
    case "sleep":
      return pause(step.ms, signal);
    case "wait-file":
      return waitForFile(step.path, signal);
    case "steps":
      return talk(step.count, step.ms, output, signal);
    case "flood":
      return flood(step.lines, output, signal);
    case "tool":
      output.emit("tool_call", { id: "call_1", name: "bash", args: { command: "echo hi" } });
      return output.emit("tool_result", { id: "call_1", is_error: false, content: blocks("hi") });
    case "error":
      return output.emit("error", { message: "the demo agent was asked for an error" });
    case "background":
      return leaveBehind(output);
    case "crash":
      process.kill(process.pid, "SIGKILL");
      return;
    case "ragged":
    case "stubborn":
    case "fail":
      return; // about the answer or the process as a whole
  }
}

async function waitForFile(path: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !existsSync(path)) await pause(POLL_MS, signal);
}

async function talk(count: number, ms: number, output: Output, signal: AbortSignal): Promise<void> {
  for (let at = 1; at <= count; at += 1) {
    await pause(ms, signal);
    if (signal.aborted) return;
    output.emit("assistant_message", { content: blocks(`step ${at} of ${count}`) });
  }
}

async function flood(lines: number, output: Output, signal: AbortSignal): Promise<void> {
  for (let from = 1; from <= lines && !signal.aborted; from += FLOOD_LINES) {
    const count = Math.min(FLOOD_LINES, lines - from + 1);
    output.write(Array.from({ length: count }, (_, at) => `line ${from + at} of ${lines}\n`).join(""));
    await pause(0, signal); // lets a cancel or a signal in
  }
}

async function leaveBehind(output: Output): Promise<void> {
  const { spawn } = await import("node:child_process"); // rarely wanted, and dear at the start
  const child = spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
  child.unref();
  output.write(`background ${child.pid}\n`);
}

async function writeRagged(line: string, output: Output, signal: AbortSignal): Promise<void> {
  const bytes = new TextEncoder().encode(line);
  const size = Math.ceil(bytes.length / 3);
  for (let at = 0; at < bytes.length; at += size) {
    output.write(bytes.subarray(at, at + size));
    await pause(2 * POLL_MS, signal);
  }
}

/** Resolves after that time, or when the turn is cancelled. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}

const blocks = (text: string): readonly { type: "text"; text: string }[] => [{ type: "text", text }];

/** Made up, but the same each time and over resumes: a word is a token, at 3 and 15 dollars a million. */
function usageOf({ exchanges }: Conversation): { input: number; output: number; cost_usd: number } {
  const words = (texts: readonly (string | undefined)[]): number => texts.join(" ").match(/\S+/g)?.length ?? 0;
  const input = words(exchanges.map(({ user }) => user));
  const output = words(exchanges.map(({ assistant }) => assistant));
  return { input, output, cost_usd: (input * 3 + output * 15) / 1e6 };
}
