import type { Delivery, Plugin, Runner } from "skep";
import { zotHandler } from "../zot/handler.ts";

/** Runs any command. `--stdin` keeps its stdin open for messages, `--jsonl` reads its stdout as events in zot's words. */
const exec: Runner = {
  name: "exec",
  turns: "none",
  output: "text",
  verdict: "exit",
  accepts: ["stdin", "jsonl"],
  launch({ args, options }) {
    if (args.length === 0) throw new Error("exec needs a command after `--`, for example: skep spawn -- make test");
    return {
      argv: [...args],
      ...(options["jsonl"] === true ? { output: "events" as const } : {}),
      ...(options["stdin"] === true ? { stdin: { kind: "open" as const } } : {}),
    };
  },
  /** Only a run with an open stdin is spoken to: the core never asks for another. */
  deliver(command): Delivery {
    switch (command.kind) {
      case "user":
        return { to: "stdin", text: `${command.text}\n` };
      case "cancel":
        return { to: "signal", signal: "SIGINT" };
      case "shutdown":
        return { to: "close" };
      case "answer":
        return { to: "refused", why: "a command asks for no approval" };
    }
  },
};

const plugin: Plugin = { name: "exec", version: "1.0.0", api: 1, runners: [exec], handlers: [zotHandler] };
export default plugin;
