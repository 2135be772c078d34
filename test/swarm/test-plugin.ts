/** Runners of the tests: a one-shot one, and one that speaks a two-way protocol; and hooks that write down what they heard. */
import { resolve } from "node:path";
import type { Plugin } from "../../src/define-plugin.ts";
import type { Dialogue, EventHandler, Runner, StampedEvent } from "../../src/types.ts";

const child = (name: string): string => resolve("test/fixtures/children", name);

const turner: Runner = {
  name: "turner",
  turns: "resume",
  launch: (run) => ({ argv: ["node", child("turner.mjs")], stdin: { kind: "text", text: run.message?.text ?? "" } }),
  deliver: (command) =>
    command.kind === "user"
      ? { to: "next_run" }
      : { to: "signal", signal: command.kind === "cancel" ? "SIGINT" : "SIGTERM" },
};

/** What the protocol's fold knows: the next request's number, and whether the greeting was answered. */
interface TalkState {
  readonly next: number;
  readonly greeted: boolean;
}
const line = (value: object): string => JSON.stringify(value);
const dialogue: Dialogue<TalkState> = {
  start: (run) => ({
    state: { next: 1, greeted: false },
    send: [
      line({ id: "hello", method: "hello" }),
      ...(run.message === undefined ? [] : [line({ id: "p0", method: "prompt", params: { text: run.message.text } })]),
    ],
  }),
  read: (state, entry) => ({ state: entry.data["id"] === "hello" ? { ...state, greeted: true } : state }),
  say(state, command) {
    if (command.kind === "user")
      return {
        state: { ...state, next: state.next + 1 },
        send: [line({ id: `p${state.next}`, method: "prompt", params: { text: command.text } })],
      };
    if (command.kind === "answer")
      return { state, send: [line({ id: command.request, result: { allow: command.allow } })] };
    return { state, then: { to: "close" } };
  },
};
const talker: Runner = {
  name: "talker",
  turns: "live",
  output: "json",
  dialogue,
  launch: () => ({ argv: ["node", child("talker.mjs")], stdin: { kind: "open" } }),
};
const talks: EventHandler = {
  name: "talks",
  runner: "talker",
  handle({ data }) {
    const { id, method, params, result } = data as {
      id?: string;
      method?: string;
      params?: { what: string };
      result?: { session?: string; text?: string };
    };
    if (method === "permit" && id !== undefined) return [{ kind: "waiting", request: id, what: params?.what ?? "" }];
    if (result?.session !== undefined) return [{ kind: "agent_session", id: result.session }, { kind: "ready" }];
    if (result?.text !== undefined)
      return [{ kind: "message", role: "assistant", text: result.text }, { kind: "turn_ended" }];
    return undefined;
  },
};

export interface Heard {
  readonly events: StampedEvent[];
  readonly stops: string[];
  refuse: boolean;
}
export const pluginHearing = (heard: Heard): Plugin => ({
  name: "test",
  version: "1.0.0",
  api: 1,
  runners: [turner, talker],
  handlers: [talks, { name: "turns", runner: "turner", handle: (entry) => zotish(entry.type, entry.data) }],
  hooks: {
    "agent:spawn": (request) => {
      if (heard.refuse) throw new Error("not today");
      request.labels = { ...request.labels, seen: "yes" };
    },
    "agent:event": (_agent, events) => {
      heard.events.push(...events);
      throw new Error("a listener that throws harms nobody");
    },
    "agent:stop": (agent, exit) => void heard.stops.push(`${agent.id} ${exit.reason}`),
  },
});
const zotish: (type: string, data: Readonly<Record<string, unknown>>) => ReturnType<EventHandler["handle"]> = (
  type,
  data,
) => {
  if (type === "turn_start") return [{ kind: "turn_started" }];
  if (type === "turn_end") return [{ kind: "turn_ended" }];
  if (type !== "assistant_message") return undefined;
  const [block] = data["content"] as { text: string }[];
  return [{ kind: "message", role: "assistant", text: block?.text ?? "" }];
};
