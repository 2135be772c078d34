/**
 * The types that plugins are written against, as a stranger writes them. Nothing here runs: `npm run check` compiles it, and
 * fails for a line that should be an error and is none.
 */
import type {
  AgentEvent,
  Delivery,
  Dialogue,
  EventHandler,
  Hooks,
  Launch,
  Plugin,
  PluginModule,
  Renderer,
  Runner,
} from "skep";
import { definePlugin } from "skep";
import { testHandler, testPlugin, testRunner } from "skep/testing";

// ── what compiles ──────────────────────────────────────────────────────────────────────────────────

const runner: Runner = { name: "it", turns: "none", launch: ({ args }) => ({ argv: ["it", ...args] }) };
const later: Runner = { ...runner, launch: async () => ({ argv: ["it"] }), detect: async () => ({ path: "/bin/it" }) };
const handler: EventHandler = {
  name: "it",
  runner: ["it", "that"],
  handle({ type, data, origin }) {
    if (origin.by !== "child" || type !== "answer") return undefined;
    const text: unknown = data["text"];
    return typeof text === "string" ? [{ kind: "message", role: "assistant", text }] : [];
  },
};
const renderer: Renderer = {
  name: "ids",
  output: "data",
  render: ({ agents }) => agents.map(({ id }) => id).join("\n"),
};
const hooks: Partial<Hooks> = {
  "agent:stop": (agent, exit) => void [agent.id, exit.code?.toFixed()],
  "agent:spawn": async (request) => void (request.labels = { ...request.labels, by: "hook" }),
};
const plugin: Plugin = {
  name: "it",
  version: "1.0.0",
  api: 1,
  runners: [runner, later],
  handlers: [handler],
  renderers: [renderer],
  hooks,
};
const made: PluginModule = (api) => {
  api.log.info(api.textBlocks(api.options).join(""));
  return plugin;
};
void definePlugin(async ({ options }) => ({ ...plugin, name: String(options) }));
void definePlugin(made);
void (() =>
  testPlugin(made, { options: 1, runners: { it: { transcripts: ["a.jsonl", new URL("file:///b"), ["line"]] } } }));
void (() => testRunner(runner, { args: ["make"], ignoresTask: true }));
void (() => testHandler(handler, { runner, transcripts: [] }));

/** A state of one's own is known in each step. */
const dialogue: Dialogue<{ readonly asked: number }> = {
  start: () => ({ state: { asked: 0 } }),
  read: ({ asked }) => ({ state: { asked: asked + 1 }, send: ["{}"] }),
  say: (state, command) => ({ state, ...(command.kind === "shutdown" ? { then: { to: "close" as const } } : {}) }),
};
void dialogue;

// ── what does not ──────────────────────────────────────────────────────────────────────────────────

// @ts-expect-error -- no hook is called so
void ({ "agent:stopped": () => {} } satisfies Partial<Hooks>);
// @ts-expect-error -- a hook takes a snapshot, not an id
void ({ "agent:stop": (agent: string) => void agent } satisfies Partial<Hooks>);
void ({
  // @ts-expect-error -- a listener sees and cannot change state
  "agent:event": (agent) => void (agent.turns = 0),
} satisfies Partial<Hooks>);

// @ts-expect-error -- no event is of this kind
void ({ kind: "turn_start" } satisfies AgentEvent);
// @ts-expect-error -- a message has a role
void ({ kind: "message", text: "hello" } satisfies AgentEvent);
// @ts-expect-error -- a usage says what it covers
void ({ kind: "usage", usage: { input_tokens: 1 } } satisfies AgentEvent);
// @ts-expect-error -- a field is misspelt
void ({ kind: "turn_ended", err: "x" } satisfies AgentEvent);

// @ts-expect-error -- a runner launches
void ({ name: "it", turns: "none" } satisfies Runner);
// @ts-expect-error -- a runner says how it takes turns
void ({ name: "it", launch: () => ({ argv: [] }) } satisfies Runner);
// @ts-expect-error -- turns are none, live or resume
void ({ ...runner, turns: "often" } satisfies Runner);
// @ts-expect-error -- argv is words, not a line for a shell
void ({ ...runner, launch: () => ({ argv: "it --now" }) } satisfies Runner);
// @ts-expect-error -- a launch is made, not executed
void ({ ...runner, launch: () => 0 } satisfies Runner);
void ({
  ...runner,
  // @ts-expect-error -- a run is described, not changed
  launch: (run) => ({ argv: [(run.agent.task = "x")] }),
} satisfies Runner);
// @ts-expect-error -- stdin is one of three kinds
void ({ argv: ["it"], stdin: { kind: "pipe" } } satisfies Launch);
// @ts-expect-error -- what is written to stdin has a text
void ({ to: "stdin" } satisfies Delivery);
// @ts-expect-error -- whoever refuses says why
void ({ to: "refused" } satisfies Delivery);
// @ts-expect-error -- a signal that an agent cannot take is none
void ({ to: "signal", signal: "SIGKILL" } satisfies Delivery);

// @ts-expect-error -- a handler answers at once, since a fold cannot wait
void ({ name: "it", runner: "it", handle: async () => [] } satisfies EventHandler);
void ({
  ...handler,
  // @ts-expect-error -- what an agent wrote is of no known type
  handle: ({ data }) => [{ kind: "activity", text: data["x"] }],
} satisfies EventHandler);
// @ts-expect-error -- a renderer says whether it is for people
void ({ name: "it", render: () => "" } satisfies Renderer);

// @ts-expect-error -- another api
void ({ name: "it", version: "1.0.0", api: 2 } satisfies Plugin);
// @ts-expect-error -- no version
void ({ name: "it", api: 1 } satisfies Plugin);
// @ts-expect-error -- a key is misspelt
void ({ ...plugin, runner: [runner] } satisfies Plugin);
// @ts-expect-error -- a function gives a plugin
void definePlugin(() => runner);
// @ts-expect-error -- a handler is tested on what its agent printed
void (() => testHandler(handler, {}));
