/** Every verb, as the help and the parser know it. Its code is loaded when it is called. */
import type { CommandSpec, FlagSpec } from "./command.ts";
import { OUTPUT_FLAG, SPAWN_FLAGS, WHICH_FLAGS } from "./flags.ts";

const WAIT: FlagSpec = { name: "wait", short: "w", summary: "wait for the answer and print it" };
const NARROWING = WHICH_FLAGS.filter(({ name }) => name !== "all");
const supervisor = (verb: "status" | "start" | "stop" | "restart", summary: string, alias?: string): CommandSpec => ({
  name: `supervisor ${verb}`,
  ...(alias === undefined ? {} : { alias }),
  summary,
  args: "",
  flags: [],
  load: async () => (await import("./commands/supervisor.ts"))[verb],
});

export const COMMANDS: readonly CommandSpec[] = [
  {
    name: "spawn",
    also: ["run", "start", "new", "add", "exec"],
    summary: "start an agent; prints its id",
    args: "[task…]",
    rest: "args for the agent, or a command",
    flags: [...SPAWN_FLAGS, WAIT, { name: "keep", summary: "with -w: leave a live agent running" }],
    examples: ['skep spawn "fix the lint errors"', "skep spawn -- npm test", "git diff | skep spawn -r review -"],
    load: async () => (await import("./commands/spawn.ts")).spawn,
  },
  {
    name: "ls",
    also: ["list", "ps", "status", "top"],
    summary: "the swarm: who is alive, and who ended within a day",
    args: "[which…]",
    flags: [
      { name: "all", short: "a", summary: "also those that ended earlier" },
      ...NARROWING,
      OUTPUT_FLAG,
      { name: "watch", summary: "again on each change" },
    ],
    examples: ["skep ls", "skep ls --phase waiting", "skep ls -q --status failed"],
    load: async () => (await import("./commands/ls.ts")).ls,
  },
  {
    name: "show",
    also: ["inspect", "info", "get", "describe"],
    summary: "one agent in full: runs, messages, usage",
    args: "<which>",
    flags: [OUTPUT_FLAG],
    load: async () => (await import("./commands/show.ts")).show,
  },
  {
    name: "logs",
    also: ["tail", "follow", "attach"],
    summary: "what agents said and did",
    args: "[which…]",
    flags: [
      { name: "follow", short: "f", summary: "and what comes, until they end" },
      { name: "lines", short: "n", value: "N", summary: "the last N lines" },
      { name: "since", value: "t", summary: "what came since a time, or within a duration" },
      { name: "events", summary: "the log's own lines, JSON" },
      { name: "raw", summary: "the bytes of the newest run's stdout" },
      ...WHICH_FLAGS,
    ],
    examples: ["skep logs -f @last", "skep logs -n 20 a1b2c3", "skep logs --since 10m --all"],
    load: async () => (await import("./commands/logs.ts")).logs,
  },
  {
    name: "result",
    also: ["answer", "output"],
    summary: "the last answer, whole, and nothing else",
    args: "<which>",
    flags: [],
    load: async () => (await import("./commands/result.ts")).result,
  },
  {
    name: "send",
    also: ["say", "tell", "message", "prompt"],
    summary: "a user's turn; one that is not running is resumed with it",
    args: "<which> <text…>",
    flags: [
      WAIT,
      { name: "now", summary: "also into an open turn, where the agent can" },
      { name: "queue", summary: "wait for a resume rather than start it" },
    ],
    examples: ['skep send a1b2c3 "also the tests"', "git diff | skep send @last -"],
    load: async () => (await import("./commands/send.ts")).send,
  },
  {
    name: "cancel",
    summary: "cancel the turn in flight; the agent lives on",
    args: "[which…]",
    flags: WHICH_FLAGS,
    load: async () => (await import("./commands/cancel.ts")).cancel,
  },
  {
    name: "stop",
    also: ["kill", "end", "down", "quit"],
    summary: "end agents, and everything they started",
    args: "[which…]",
    flags: [
      { name: "grace", value: "d", summary: "time for each step: the agent's own way, SIGTERM, SIGKILL (10s)" },
      ...WHICH_FLAGS,
    ],
    load: async () => (await import("./commands/stop.ts")).stop,
  },
  {
    name: "resume",
    also: ["continue", "restart", "retry"],
    summary: "a new run on the same conversation",
    args: "[which…]",
    flags: [
      { name: "dir", short: "C", value: "dir", summary: "work there from now on" },
      { name: "message", short: "m", value: "text", summary: "with this message" },
      { name: "force", summary: "though it may be running elsewhere" },
      ...WHICH_FLAGS,
    ],
    examples: ["skep resume a1b2c3", "skep resume --status detached"],
    load: async () => (await import("./commands/resume.ts")).resume,
  },
  {
    name: "wait",
    summary: "until agents are idle with nothing queued, or ended",
    args: "[which…]",
    flags: [
      { name: "timeout", value: "d", summary: "give up then, with 124" },
      { name: "any", summary: "the first one is enough" },
      { name: "exit", summary: "until they have ended" },
      { name: "passthrough", short: "x", summary: "exit with the one agent's own code" },
      ...WHICH_FLAGS,
    ],
    load: async () => (await import("./commands/wait.ts")).wait,
  },
  {
    name: "rm",
    also: ["remove", "delete", "prune", "clean"],
    summary: "delete the state of ended agents; never their folder",
    args: "[which…]",
    flags: [
      { name: "force", summary: "stop a live one first" },
      { name: "older-than", value: "d", summary: "only those that ended longer ago" },
      ...WHICH_FLAGS,
    ],
    load: async () => (await import("./commands/rm.ts")).rm,
  },
  {
    name: "reload",
    summary: "read the root afresh and say what was found",
    args: "",
    flags: [{ name: "strict", summary: "exit 1 when something could not be read" }],
    load: async () => (await import("./commands/reload.ts")).reload,
  },
  supervisor("status", "whether the background process runs", "supervisor"),
  supervisor("start", "start it; agents are taken over"),
  supervisor("stop", "end it; agents go on"),
  supervisor("restart", "replace it; agents go on"),
  {
    name: "plugins ls",
    alias: "plugins",
    summary: "what is loaded, from where, and what it supplies",
    args: "",
    flags: [],
    load: async () => (await import("./commands/plugins.ts")).list,
  },
  {
    name: "plugins add",
    summary: "install a plugin: an npm package, or a folder with one",
    args: "<package>",
    flags: [],
    load: async () => (await import("./commands/plugins-manage.ts")).add,
  },
  {
    name: "plugins rm",
    summary: "uninstall a plugin that was added",
    args: "<package>",
    flags: [],
    load: async () => (await import("./commands/plugins-manage.ts")).rm,
  },
  {
    name: "plugins trust",
    summary: "let a project's skep.json and its plugins count, as they are now",
    args: "[file]",
    flags: [],
    load: async () => (await import("./commands/plugins-manage.ts")).trust,
  },
  {
    name: "plugins test",
    summary: "fold a file of stdout lines through a runner's handlers",
    args: "<runner> <transcript>",
    flags: [{ name: "exit", value: "N", summary: "as if the run had ended with this code" }, OUTPUT_FLAG],
    load: async () => (await import("./commands/plugins.ts")).test,
  },
  {
    name: "demo",
    summary: "a tour with a small swarm: no key, no network",
    args: "",
    flags: [],
    load: async () => (await import("./commands/demo.ts")).demo,
  },
];

/** The background process. */
export const HIDDEN: readonly CommandSpec[] = [
  {
    name: "supervisor run",
    hidden: true,
    summary: "",
    args: "",
    flags: [],
    load: async () => (await import("./commands/supervisor.ts")).run,
  },
];
