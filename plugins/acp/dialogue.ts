/**
 * The Agent Client Protocol, the client's side: initialize, a session that is new or loaded, then prompts, each a long request
 * whose response ends the turn. Requests are numbered by the state and named after their method, so that a response can be
 * read alone.
 */
import type { Command, Dialogue, DialogueStep, LogEntry } from "skep";
import { type Fields, fields, isRecord, objects, requestId, text } from "../fields.ts";
import { ASKED_FOR } from "./failure.ts";
import { cannotLoad, loginCommand } from "./program.ts";

interface Talk {
  readonly dir: string;
  readonly login: string | undefined; // the command that logs the agent in
  readonly load: string | undefined; // the session to go on with
  readonly first: string | undefined; // a prompt that waits for the session
  readonly requests: number; // that were sent
  readonly session: string | undefined;
  readonly prompt: string | undefined; // the request of the open turn
  readonly asked: readonly Asked[];
}
/** What the agent asks for: its request's own id, and the options by what they stand for. */
interface Asked {
  readonly request: string;
  readonly id: unknown;
  readonly allow: string | undefined;
  readonly reject: string | undefined;
}
type Step = DialogueStep<Talk>;

const HEAD = { jsonrpc: "2.0" };
const VERSION = 1;
/** Files and terminals are the agent's own affair: nothing of it passes through skep. */
const CLIENT = {
  protocolVersion: VERSION,
  clientCapabilities: { fs: { readTextFile: false, writeTextFile: false }, terminal: false, ...ASKED_FOR },
  clientInfo: { name: "skep", version: "1" },
};

export const dialogue: Dialogue<Talk> = {
  start: ({ agent, args, message, paths }) =>
    ask(
      {
        dir: paths.dir,
        login: loginCommand(args),
        load: agent.agent_session,
        first: message?.text,
        requests: 0,
        session: undefined,
        prompt: undefined,
        asked: [],
      },
      "initialize",
      CLIENT,
    ),
  read,
  say,
};

function ask(state: Talk, method: string, params: object): Step {
  const requests = state.requests + 1;
  const line = { ...HEAD, id: `${method}:${requests}`, method, params };
  return { state: { ...state, requests }, send: [JSON.stringify(line)] };
}
const notify = (method: string, params: object): string => JSON.stringify({ ...HEAD, method, params });
const respond = (id: unknown, answer: object): string => JSON.stringify({ ...HEAD, id, ...answer });

function prompt(state: Talk, said: string): Step {
  const params = { sessionId: state.session, prompt: [{ type: "text", text: said }] };
  const step = ask(state, "session/prompt", params);
  return { ...step, state: { ...step.state, prompt: `session/prompt:${step.state.requests}` } };
}

function read(state: Talk, { data }: LogEntry): Step {
  const method = text(data["method"]);
  if (method === undefined) return hear(state, text(data["id"]) ?? "", data);
  return data["id"] === undefined || data["id"] === null
    ? { state }
    : answerRequest(state, method, data["id"], fields(data["params"]));
}

/** A response to a request of ours. */
function hear(state: Talk, id: string, { result, error }: Fields): Step {
  if (id !== "" && id === state.prompt) return { state: { ...state, prompt: undefined, asked: [] } };
  if (state.session !== undefined) return { state };
  const method = id.replace(/:[^:]*$/, "");
  if (isRecord(error)) return { state, failed: refusal(method, error, state) };
  if (method === "initialize") return openSession(state, fields(result));
  if (method === "session/load") return begin({ ...state, session: state.load });
  if (method !== "session/new") return { state };
  const session = text(fields(result)["sessionId"]);
  return session === undefined ? { state, failed: "the agent gave no session" } : begin({ ...state, session });
}

function openSession(state: Talk, result: Fields): Step {
  const { protocolVersion, agentCapabilities, agentInfo } = result;
  if (protocolVersion !== VERSION)
    return { state, failed: `the agent speaks version ${JSON.stringify(protocolVersion)} of ACP, skep ${VERSION}` };
  const session = { cwd: state.dir, mcpServers: [] };
  if (state.load === undefined) return ask(state, "session/new", session);
  const name = text(fields(agentInfo)["name"]) ?? "the agent";
  const why =
    cannotLoad(name) ?? (fields(agentCapabilities)["loadSession"] === true ? undefined : "it loads no sessions");
  if (why !== undefined) return { state, failed: `${name} cannot go on with its conversation: ${why}` };
  return ask(state, "session/load", { sessionId: state.load, ...session });
}

function begin(state: Talk): Step {
  return state.first === undefined ? { state } : prompt({ ...state, first: undefined }, state.first);
}

const NO_LOGIN = -32000; // the protocol's own

function refusal(method: string, error: Fields, { load, login }: Talk): string {
  const why = text(fields(error["data"])["details"]) ?? text(error["message"]) ?? "error";
  if (error["code"] === NO_LOGIN) return login === undefined ? `it has no login: ${why}` : `${why}: ${login}`;
  return method === "session/load" ? `the agent no longer has the conversation ${load}: ${why}` : `${method}: ${why}`;
}

function answerRequest(state: Talk, method: string, id: unknown, params: Fields): Step {
  if (method !== "session/request_permission") {
    const error = { code: -32601, message: `skep does not answer ${method}` };
    return { state, send: [respond(id, { error })] };
  }
  const request = requestId(id);
  if (request === undefined) return { state };
  const options = objects(params["options"]);
  const find = (...kinds: readonly string[]): string | undefined =>
    kinds
      .map((kind) => text(options.find((option) => option["kind"] === kind)?.["optionId"]))
      .find((option) => option !== undefined);
  const asked = {
    request,
    id,
    allow: find("allow_once", "allow_always"),
    reject: find("reject_once", "reject_always"),
  };
  return { state: { ...state, asked: [...state.asked.filter((one) => one.request !== request), asked] } };
}

function say(state: Talk, command: Command): Step {
  switch (command.kind) {
    case "user":
      if (state.session === undefined || state.first !== undefined) return { state, later: true };
      if (state.prompt !== undefined)
        return {
          state,
          then: { to: "refused", why: "a turn is open, and ACP has no word into it: send it without --now" },
        };
      return prompt(state, command.text);
    case "cancel":
      return cancel(state);
    case "shutdown":
      return { state, then: { to: "close" } };
    case "answer":
      return answer(state, command);
  }
}

function cancel(state: Talk): Step {
  if (state.prompt === undefined)
    return state.session === undefined && state.first !== undefined
      ? { state, later: true }
      : { state, then: { to: "refused", why: "no turn is open" } };
  const cancelled = { result: { outcome: { outcome: "cancelled" } } };
  return {
    state: { ...state, asked: [] },
    send: [
      notify("session/cancel", { sessionId: state.session }),
      ...state.asked.map(({ id }) => respond(id, cancelled)),
    ],
  };
}

/** Options have ids of each agent's own: they are chosen by what they stand for. */
function answer(state: Talk, { request, allow }: Command & { kind: "answer" }): Step {
  const asked = state.asked.find((one) => one.request === request);
  if (asked === undefined) return { state, then: { to: "refused", why: `the agent does not ask ${request} any more` } };
  const optionId = allow ? asked.allow : asked.reject;
  const outcome = optionId === undefined ? { outcome: "cancelled" } : { outcome: "selected", optionId };
  return {
    state: { ...state, asked: state.asked.filter((one) => one !== asked) },
    send: [respond(asked.id, { result: { outcome } })],
  };
}
