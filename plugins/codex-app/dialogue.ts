/**
 * codex's app-server, the client's side: initialize, a thread that is new or resumed, then turns. Requests are numbered by the
 * state and named after their method, so that a response can be read alone.
 */
import type { Command, Dialogue, DialogueStep, LogEntry } from "skep";
import { type Fields, fields, isRecord, requestId, text } from "../fields.ts";
import { answerTo, cancelTo, isQuestion } from "./questions.ts";

interface Talk {
  readonly dir: string;
  readonly model: string | undefined;
  readonly resume: string | undefined; // the thread to go on with
  readonly first: string | undefined; // a turn that waits for the thread
  readonly requests: number; // that were sent
  readonly thread: string | undefined;
  readonly starting: string | undefined; // the request of a turn whose id is not known yet
  readonly turn: string | undefined; // the open turn
  readonly asked: readonly Asked[];
}
interface Asked {
  readonly request: string;
  readonly id: unknown;
  readonly method: string;
  readonly params: Fields;
}
type Step = DialogueStep<Talk>;

const CLIENT = { clientInfo: { name: "skep", title: "skep", version: "1" }, capabilities: null };

export const dialogue: Dialogue<Talk> = {
  start: ({ agent, message, paths }) =>
    ask(
      {
        dir: paths.dir,
        model: agent.model,
        resume: agent.agent_session,
        first: message?.text,
        requests: 0,
        thread: undefined,
        starting: undefined,
        turn: undefined,
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
  return { state: { ...state, requests }, send: [JSON.stringify({ id: `${method}:${requests}`, method, params })] };
}
const input = (said: string): readonly object[] => [{ type: "text", text: said }];
const settings = ({ dir, model }: Talk): object => ({ cwd: dir, ...(model === undefined ? {} : { model }) });

function prompt(state: Talk, said: string): Step {
  const { state: asked, ...step } = ask(state, "turn/start", { threadId: state.thread, input: input(said) });
  return { ...step, state: { ...asked, starting: `turn/start:${asked.requests}` } };
}

function read(state: Talk, { data }: LogEntry): Step {
  const method = text(data["method"]);
  const params = fields(data["params"]);
  if (method === undefined) return hear(state, text(data["id"]) ?? "", data);
  if (data["id"] !== undefined && data["id"] !== null) return takeRequest(state, method, data["id"], params);
  const turn = text(fields(params["turn"])["id"]);
  const thread = text(params["threadId"]) ?? state.thread;
  if (thread !== state.thread && method !== "serverRequest/resolved") return { state }; // a sub-agent's
  switch (method) {
    case "turn/started":
      return { state: { ...state, turn: turn ?? state.turn } };
    case "turn/completed":
      return { state: { ...state, starting: undefined, turn: undefined, asked: [] } };
    case "serverRequest/resolved":
      return { state: without(state, requestId(params["requestId"])) };
    default:
      return { state };
  }
}

/** A response to a request of ours. */
function hear(state: Talk, id: string, { result, error }: Fields): Step {
  const failed = isRecord(error) ? (text(error["message"]) ?? "error") : undefined;
  if (id !== "" && id === state.starting) {
    const turn = text(fields(fields(result)["turn"])["id"]) ?? state.turn;
    return { state: failed === undefined ? { ...state, turn } : { ...state, starting: undefined, turn: undefined } };
  }
  if (state.thread !== undefined) return { state };
  const method = id.replace(/:[^:]*$/, "");
  switch (method) {
    case "initialize":
      if (failed !== undefined) return { state, failed: `codex does not begin: ${failed}` };
      return openThread(state);
    case "thread/start":
    case "thread/resume": {
      if (failed !== undefined) return { state, failed: refusal(state, failed) };
      const thread = text(fields(fields(result)["thread"])["id"]);
      if (thread === undefined) return { state, failed: "codex gave no thread" };
      const begun = { ...state, thread, first: undefined };
      return state.first === undefined ? { state: begun } : prompt(begun, state.first);
    }
    default:
      return { state };
  }
}

function openThread(state: Talk): Step {
  const { resume } = state;
  const step =
    resume === undefined
      ? ask(state, "thread/start", settings(state))
      : ask(state, "thread/resume", { threadId: resume, ...settings(state) });
  return { ...step, send: [JSON.stringify({ method: "initialized" }), ...(step.send ?? [])] };
}

const refusal = ({ resume }: Talk, why: string): string =>
  resume === undefined ? `codex begins no thread: ${why}` : `codex no longer has the conversation ${resume}: ${why}`;

function takeRequest(state: Talk, method: string, id: unknown, params: Fields): Step {
  const request = requestId(id);
  if (request === undefined || !isQuestion(method)) {
    const error = { code: -32601, message: `skep does not answer ${method}` };
    return { state, send: [JSON.stringify({ id, error })] };
  }
  const { asked } = without(state, request);
  return { state: { ...state, asked: [...asked, { request, id, method, params }] } };
}

const without = (state: Talk, request: string | undefined): Talk => ({
  ...state,
  asked: state.asked.filter((one) => one.request !== request),
});

function say(state: Talk, command: Command): Step {
  switch (command.kind) {
    case "user":
      if (state.thread === undefined) return { state, later: true };
      if (state.starting === undefined) return prompt(state, command.text);
      if (state.turn === undefined) return { state, later: true };
      // Into the open turn.
      return ask(state, "turn/steer", {
        threadId: state.thread,
        expectedTurnId: state.turn,
        input: input(command.text),
      });
    case "cancel":
      return cancel(state);
    case "shutdown":
      return { state, then: { to: "close" } };
    case "answer": {
      const asked = state.asked.find(({ request }) => request === command.request);
      if (asked === undefined)
        return { state, then: { to: "refused", why: `codex does not ask ${command.request} any more` } };
      const { id, method, params } = asked;
      const result = answerTo(method, params, command);
      return { state: without(state, asked.request), send: [JSON.stringify({ id, result })] };
    }
  }
}

function cancel(state: Talk): Step {
  if (state.turn === undefined)
    return state.starting === undefined && state.first === undefined
      ? { state, then: { to: "refused", why: "no turn is open" } }
      : { state, later: true };
  const answers = state.asked.map(({ id, method }) => JSON.stringify({ id, result: cancelTo(method) }));
  const step = ask({ ...state, asked: [] }, "turn/interrupt", { threadId: state.thread, turnId: state.turn });
  return { ...step, send: [...(step.send ?? []), ...answers] };
}
