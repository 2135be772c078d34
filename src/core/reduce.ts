import type { AgentEvent, LogEntry, RunExit, StampedEvent } from "../types.ts";
import { NOBODY_STARTED_IT } from "./conclude.ts";
import {
  deliver,
  finish,
  messagesOfTurn,
  putBackLast,
  recordMessage,
  releaseMessages,
  settleMessages,
} from "./queue.ts";
import type { AgentState, OpenTool, Speech, TurnOutcome } from "./state.ts";
import { addText, extendLast } from "./transcript.ts";
import { addUsage, closeRunUsage } from "./usage.ts";

const TOOL_NAME = 60; // characters of a tool's name shown as the activity, as the seed does

/**
 * The one place where an event changes an agent. Pure, and exhaustive over the union. A child's words that come after its
 * run has ended are kept in the transcript and change nothing else.
 */
export function reduce(state: AgentState, event: StampedEvent, origin: LogEntry["origin"]): AgentState {
  if (state.history && !COUNTS_IN_HISTORY.has(event.kind)) return state;
  const late = origin.by === "child" && (origin.run !== state.run || !state.open);
  if (late && !COUNTS_WHEN_LATE.has(event.kind)) return state;
  return fold(late || origin.by !== "child" ? state : openTurn(state, event), event, origin, late);
}

/** Some agents never say that a turn starts (ACP): what an agent does with a message at hand is that message's turn. */
function openTurn(state: AgentState, event: StampedEvent): AgentState {
  if (state.turn !== undefined || state.history) return state;
  const acts =
    event.kind === "tool" || event.kind === "waiting" || (event.kind === "message" && event.role === "assistant");
  return acts && messagesOfTurn(state, undefined).length > 0 ? startTurn(state, undefined) : state;
}

const COUNTS_IN_HISTORY: ReadonlySet<AgentEvent["kind"]> = new Set<AgentEvent["kind"]>([
  ...([
    "agent_session",
    "waiting",
    "error",
    "history",
    "run_started",
    "run_stopped",
    "run_failed",
    "start_held",
  ] as const),
  ...(["stop_requested", "cancel_requested", "queue", "answered", "withdrawn"] as const),
]);
const COUNTS_WHEN_LATE: ReadonlySet<AgentEvent["kind"]> = new Set([
  "message",
  "output",
  "error",
  "usage",
  "agent_session",
  "note",
]);

function fold(state: AgentState, event: StampedEvent, origin: LogEntry["origin"], late: boolean): AgentState {
  switch (event.kind) {
    case "run_started":
      return startRun(state, event.run, event.resumed);
    case "ready": {
      // zot's supervisor logs no start of a resumed run: an agent that is ready after its end has been started again.
      const reopened = origin.by === "other" && !state.open ? startRun(state, 0, state.run > 0) : state;
      return { ...reopened, ready: true, activity: "idle" };
    }
    case "agent_session":
      // A run that is ended for going on with the wrong one tells it in each line.
      return state.fault === undefined ? { ...state, session: event.id, sessionRun: state.run } : state;
    case "turn_started":
      return startTurn(state, event.message);
    case "turn_ended":
      return endTurn(state.turn === undefined ? startTurn(state, event.message) : state, event);
    case "message":
      return addMessage(state, event);
    case "output": {
      const activity = late || state.activity !== "starting" ? state.activity : "running";
      const transcript = addText(state.transcript, event.text, event.stream === "stderr" ? "stderr: " : "");
      return { ...state, speech: undefined, activity, transcript };
    }
    case "tool":
      return event.phase === "started" ? startTool(state, event) : endTool(state, event);
    case "history":
      return { ...state, history: event.phase === "started" };
    case "activity":
      return state.activity === event.text ? state : { ...state, activity: event.text };
    case "waiting": {
      const others = state.waiting.filter(({ request }) => request !== event.request);
      return { ...state, waiting: [...others, { request: event.request, what: event.what, since: event.time }] };
    }
    case "answered":
    case "withdrawn":
      return { ...state, waiting: state.waiting.filter(({ request }) => request !== event.request) };
    case "busy": // with the turn of an earlier message, also when nothing has told yet that this one has begun
      return startTurn(putBackLast(state), undefined);
    case "usage":
      return { ...state, usage: addUsage(state.usage, event.scope, event.usage) };
    case "limit":
      return {
        ...state,
        limit: { message: event.message, ...(event.until === undefined ? {} : { until: event.until }) },
      };
    case "error":
      return addError(state, event, late);
    case "run_failed": {
      const { error, agent_session: session = state.session } = event;
      const next = addError(state, { kind: "error", level: "terminal", message: error }, late);
      return { ...next, fault: error, ...(session === undefined ? {} : { session }) };
    }
    case "run_stopped":
      // A run that never got a child ends without having started.
      return stopRun(
        origin.by === "skep" && origin.run > state.run ? startRun(state, origin.run, state.run > 0) : state,
        event,
      );
    case "start_held":
      return { ...state, heldBack: event.why };
    case "stop_requested":
      return {
        ...state,
        held: true,
        stop: { reason: event.reason, by: event.by, run: origin.by === "skep" ? origin.run : state.run },
      };
    case "cancel_requested":
      return { ...state, cancelling: true };
    case "queue":
      return recordMessage(state, event);
    case "note":
      return { ...state, notes: { ...state.notes, [event.name]: event.value } };
    default:
      event satisfies never;
      throw new TypeError("it has no known kind"); // a stranger's handler may say anything
  }
}

function startRun(state: AgentState, number: number, resumed: boolean): AgentState {
  const run = number === 0 ? state.run + 1 : number;
  const stopped = state.stop?.run === run; // before its child was there
  return {
    ...state,
    exit: undefined,
    stop: stopped ? state.stop : undefined,
    turn: undefined,
    outcome: undefined,
    speech: undefined,
    limit: undefined,
    fault: undefined,
    heldBack: undefined,
    run,
    open: true,
    ready: false,
    cancelling: false,
    held: stopped,
    history: false,
    activity: resumed ? "resuming" : "starting",
    runs: [...state.runs, { run, resumed, started: state.updated }],
    tools: [],
    waiting: [],
    usage: closeRunUsage(state.usage),
    messages: releaseMessages(settleMessages(state).messages),
  };
}

function stopRun(state: AgentState, { exit }: Extract<AgentEvent, { kind: "run_stopped" }>): AgentState {
  const ended = { exit, ended: state.updated };
  return {
    ...settleMessages(state),
    turn: undefined,
    speech: undefined,
    open: false,
    exit,
    cancelling: false,
    history: false,
    held: state.held || (exit.reason === "failed_to_start" && !isCutOff(state, exit)),
    runs: state.runs.map((record) =>
      record.run === state.run && record.ended === undefined ? { ...record, ...ended } : record,
    ),
    tools: [],
    waiting: [],
    ...(exit.error === undefined ? {} : { error: exit.error }),
  };
}

/**
 * Whether a message that was taken lost its run to a kill of the supervisor, and nothing else is wrong: the next one starts
 * another. A task that never ran waits for who spawned it, whose environment nobody else has.
 */
const isCutOff = (state: AgentState, exit: RunExit): boolean =>
  exit.error === NOBODY_STARTED_IT &&
  state.runs.some((run) => run.exit !== undefined && run.exit.error !== NOBODY_STARTED_IT);

function startTurn(state: AgentState, message: string | undefined): AgentState {
  if (state.turn !== undefined) return state;
  const messages = messagesOfTurn(state, message);
  const next: AgentState = {
    ...state,
    outcome: undefined,
    limit: undefined,
    speech: undefined,
    activity: "thinking",
    cancelling: false,
    turn: { messages },
  };
  return deliver(next, messages);
}

function endTurn(state: AgentState, event: Extract<AgentEvent, { kind: "turn_ended" }>): AgentState {
  const over = [...(state.turn?.messages ?? []), ...(event.message === undefined ? [] : [event.message])];
  const outcome: TurnOutcome =
    event.cancelled === true
      ? { kind: "cancelled" }
      : event.error === undefined
        ? { kind: "done" }
        : { kind: "failed", error: event.error };
  return {
    ...finish(state, over),
    turn: undefined,
    speech: undefined,
    turns: state.turns + 1,
    outcome,
    activity: "idle",
    cancelling: false,
    tools: [],
    waiting: [],
    answer: event.answer ?? state.answer,
    error: event.error ?? state.error,
  };
}

function addMessage(state: AgentState, event: Extract<AgentEvent, { kind: "message" }>): AgentState {
  const prefix = event.role === "user" ? "user: " : "";
  const { role, id } = event;
  const before = state.speech;
  const same = before?.role === role && before.id === id;
  // Its deltas were shown already: what comes whole now is only a longer or truer form of it.
  if (same && before.delta && event.delta !== true && id !== undefined)
    return completeMessage(state, before, event.text, prefix);
  const joins = same && event.delta === true;
  const body = event.text.replace(/[\r\n]+$/, "");
  const newlines = event.text.slice(body.length);
  if (joins) {
    const text = before.text + event.text;
    const shown = body === "" ? state.transcript : extend(state, before, body, prefix);
    const speech = { role, id, text, delta: true, newlines: body === "" ? before.newlines + newlines : newlines };
    return { ...state, transcript: shown, speech, answer: role === "assistant" ? text : state.answer };
  }
  if (body === "") return state;
  return {
    ...state,
    transcript: addText(state.transcript, body, prefix),
    speech: { role, id, text: event.text, delta: event.delta === true, newlines },
    answer: role === "assistant" ? event.text : state.answer,
  };
}

function completeMessage(state: AgentState, speech: Speech, text: string, prefix: string): AgentState {
  const more = text.startsWith(speech.text) ? text.slice(speech.text.length).replace(/[\r\n]+$/, "") : "";
  const transcript = more === "" ? state.transcript : extend(state, speech, more, prefix);
  return { ...state, speech: undefined, transcript, answer: speech.role === "assistant" ? text : state.answer };
}

const extend = (
  state: AgentState,
  speech: { newlines: string },
  body: string,
  prefix: string,
): AgentState["transcript"] => extendLast(state.transcript, speech.newlines + body, prefix);

function startTool(state: AgentState, { id, name = "tool" }: Extract<AgentEvent, { kind: "tool" }>): AgentState {
  const others = id === undefined ? state.tools : state.tools.filter((tool) => tool.id !== id); // told again, better
  return {
    ...state,
    speech: undefined,
    activity: `tool: ${name.slice(0, TOOL_NAME)}`,
    tools: [...others, { id, name }],
  };
}

function endTool(state: AgentState, { id }: Extract<AgentEvent, { kind: "tool" }>): AgentState {
  const at = state.tools.findIndex((tool: OpenTool) => id === undefined || tool.id === id);
  const tools = at === -1 ? state.tools : state.tools.toSpliced(at, 1);
  return { ...state, speech: undefined, activity: state.turn === undefined ? "idle" : "thinking", tools };
}

function addError(state: AgentState, event: Extract<AgentEvent, { kind: "error" }>, late: boolean): AgentState {
  const prefix = event.level === "warning" ? "warning: " : event.level === "retry" ? "retry: " : "error: ";
  const transcript = addText(state.transcript, event.message, prefix);
  const next =
    event.level === "retry" && !late ? quiet(state, `retrying: ${event.message}`) : quiet(state, state.activity);
  return { ...next, transcript, error: event.level === "terminal" ? event.message : state.error };
}

/** Something else was said: a delta that follows starts a message of its own. */
function quiet(state: AgentState, activity: string): AgentState {
  const same = state.speech === undefined && state.activity === activity;
  return same ? state : { ...state, speech: undefined, activity };
}
