/** Flags that several verbs, or their help, share. */
import { PHASES, STATUSES } from "../core/match.ts";
import type { FlagSpec } from "./command.ts";

export const WHICH_FLAGS: readonly FlagSpec[] = [
  { name: "all", summary: "every agent of the session" },
  { name: "label", short: "l", value: "k=v", many: true, summary: "those with this label" },
  { name: "status", value: "s,…", many: true, summary: `those that are ${STATUSES.join(", ")}` },
  { name: "phase", value: "p,…", many: true, summary: `those that are ${PHASES.join(", ")}` },
  { name: "here", summary: "those whose folder is this one or below it" },
];

export const SPAWN_FLAGS: readonly FlagSpec[] = [
  { name: "runner", short: "r", value: "name", summary: "who runs it: a runner, or a preset of the config" },
  { name: "model", short: "m", value: "name", summary: "the agent's model" },
  { name: "provider", short: "p", value: "name", summary: "the model's provider" },
  { name: "dir", short: "C", value: "dir", summary: "where it works (default: here)" },
  { name: "name", short: "n", value: "slug", summary: "what its id begins with" },
  { name: "label", short: "l", value: "k=v", many: true, summary: "a label" },
  { name: "env", short: "e", value: "K[=V]", many: true, summary: "a variable; K alone takes it from here" },
  { name: "env-file", value: "file", many: true, summary: "variables, a K=V a line" },
  { name: "timeout", value: "d", summary: "end a run after this long" },
  {
    name: "approve",
    value: "what",
    many: true,
    summary: "ask (a person, the default), never, all, or a pattern such as Edit or 'Bash: git *'",
  },
  { name: "stdin", summary: "exec: keep its input open, send writes to it" },
  { name: "jsonl", summary: "exec: its output is events in zot's words" },
];

export const OUTPUT_FLAG: FlagSpec = {
  name: "output",
  short: "o",
  value: "renderer",
  summary: "table, json, ndjson, or a plugin's",
};
