/**
 * claude's stream-json, skep's side: user turns, and control requests in both directions. What claude asks for is kept
 * until it is answered, since an allowed tool call is told its input again.
 */
import type { Command, Dialogue, DialogueStep, LogEntry } from "skep";
import { type Fields, fields, text } from "../fields.ts";

interface Talk {
  readonly asked: readonly Asked[];
  readonly interrupts: number; // that were sent
}
interface Asked {
  readonly request: string;
  readonly input: Fields;
}
type Step = DialogueStep<Talk>;

export const dialogue: Dialogue<Talk> = {
  start: ({ message }) => ({
    state: { asked: [], interrupts: 0 },
    ...(message === undefined ? {} : { send: [prompt(message.text)] }),
  }),
  read,
  say,
};

const prompt = (said: string): string => JSON.stringify({ type: "user", message: { role: "user", content: said } });

function read(state: Talk, { type, data }: LogEntry): Step {
  const request = text(data["request_id"]);
  if (type === "result") return { state: { ...state, asked: [] } }; // what a turn asked for ends with it
  if (request === undefined) return { state };
  if (type === "control_cancel_request") return { state: without(state, request) };
  if (type !== "control_request") return { state };
  const { subtype, input } = fields(data["request"]);
  if (subtype === "can_use_tool") {
    const { asked } = without(state, request);
    return { state: { ...state, asked: [...asked, { request, input: fields(input) }] } };
  }
  // It waits for an answer to whatever it asks.
  const error = `skep cannot answer ${text(subtype) ?? "this"}`;
  return { state, send: [controlResponse({ subtype: "error", request_id: request, error })] };
}

function say(state: Talk, command: Command): Step {
  switch (command.kind) {
    case "user":
      return { state, send: [prompt(command.text)] };
    case "cancel": {
      const interrupts = state.interrupts + 1;
      const request = { subtype: "interrupt" };
      const line = { type: "control_request", request_id: `skep-interrupt-${interrupts}`, request };
      return { state: { ...state, interrupts }, send: [JSON.stringify(line)] };
    }
    case "shutdown":
      return { state, then: { to: "close" } };
    case "answer":
      return answer(state, command);
  }
}

function answer(state: Talk, { request, allow, reason }: Command & { kind: "answer" }): Step {
  const asked = state.asked.find((one) => one.request === request);
  if (asked === undefined) return { state, then: { to: "refused", why: `claude does not ask ${request} any more` } };
  const response = allow
    ? { behavior: "allow", updatedInput: asked.input }
    : { behavior: "deny", message: reason ?? "The user does not allow it." };
  return {
    state: without(state, request),
    send: [controlResponse({ subtype: "success", request_id: request, response })],
  };
}

const controlResponse = (response: object): string => JSON.stringify({ type: "control_response", response });

const without = (state: Talk, request: string): Talk =>
  state.asked.some((one) => one.request === request)
    ? { ...state, asked: state.asked.filter((one) => one.request !== request) }
    : state;
