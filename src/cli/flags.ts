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

/** Of every verb. */
export const GLOBAL_FLAGS: readonly FlagSpec[] = [
  { name: "root", value: "dir", summary: "the state root (SKEP_ROOT)" },
  { name: "session", value: "id", summary: "the host session whose agents are seen (SKEP_SESSION)" },
  { name: "json", summary: "print JSON, errors too" },
  { name: "plugin", value: "file", many: true, summary: "load a plugin" },
  { name: "no-plugins", summary: "load none of the config's plugins" },
  { name: "config", value: "file", summary: "the config file (SKEP_CONFIG)" },
  { name: "quiet", short: "q", summary: "no notices; ls: ids alone" },
  { name: "verbose", short: "v", summary: "say more on stderr" },
  { name: "color", value: "when", summary: "auto, always or never (NO_COLOR, FORCE_COLOR)" },
  { name: "yes", short: "y", summary: "ask no questions" },
  { name: "help", short: "h", summary: "explain skep, or the verb" },
  { name: "version", short: "V", summary: "print the version" },
];
