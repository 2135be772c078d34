/**
 * What becomes of messages. A message is sent, its turn starts (delivered), its turn ends (done). One that was sent and
 * whose turn did not start before the run ended is queued again, in at most three runs; a turn that started is never repeated.
 */
import type { AgentEvent, MessageState } from "../types.ts";
import type { AgentState, Message } from "./state.ts";

const MAX_SENDS = 3;
/** The task: what an agent's first run is started with. */
export const TASK_MESSAGE = "m-0";

type QueueEvent = Extract<AgentEvent, { kind: "queue" }>;
type Messages = readonly Message[];

/** Takes in skep's own word on a message. A record that comes late never takes back what the fold already knows. */
export function recordMessage(state: AgentState, event: QueueEvent): AgentState {
  const known = state.messages.find((message) => message.id === event.message);
  const before: Message = known ?? {
    id: event.message,
    state: "queued",
    recorded: undefined,
    run: 0,
    sends: 0,
    waits: false,
  };
  const sending = event.state === "sent";
  const next: Message = {
    ...before,
    state: recordedState(before.state, event.state),
    recorded: event.state,
    run: sending || event.state === "delivered" ? state.run : before.run,
    sends: before.sends + (sending ? 1 : 0),
    waits: event.waits ?? before.waits,
    ...(event.why === undefined ? {} : { why: event.why }),
  };
  const messages = known === undefined ? [...state.messages, next] : swap(state.messages, [known.id], () => next);
  // A new message that does not wait is a new send: it ends what a stop held back.
  const held = state.held && !(known === undefined && event.state === "queued" && !next.waits);
  const joined = { ...state, messages, held };
  if (!sending || state.turn === undefined) return joined;
  return deliver({ ...joined, turn: { messages: [...state.turn.messages, next.id] } }, [next.id]);
}

const RANK: Record<MessageState, number> = { queued: 0, sent: 1, delivered: 2, done: 3, undeliverable: 3 };
function recordedState(now: MessageState, told: MessageState): MessageState {
  if (told === "queued") return now === "sent" ? "queued" : now;
  if (told === "sent") return now === "queued" ? "sent" : now;
  return RANK[told] > RANK[now] ? told : now;
}

/** The messages that a turn answers which starts now: the one it names, else the oldest sent one, else the run's own. */
export function messagesOfTurn(state: AgentState, named: string | undefined): readonly string[] {
  if (named !== undefined) return [named];
  const next =
    state.messages.find((message) => message.state === "sent") ??
    state.messages.find((message) => message.state === "delivered" && message.run === state.run);
  return next === undefined ? [] : [next.id];
}

export const deliver = (state: AgentState, ids: readonly string[]): AgentState =>
  move(state, ids, ["queued", "sent"], "delivered");

export const finish = (state: AgentState, ids: readonly string[]): AgentState =>
  move(state, ids, ["queued", "sent", "delivered"], "done");

/** Puts back what was handed over last: the agent said that it is busy. */
export function putBackLast(state: AgentState): AgentState {
  const last = state.messages.findLast(
    (message) =>
      message.run === state.run && (message.state === "sent" || message.state === "delivered") && message.sends > 0,
  );
  if (last === undefined) return state;
  const turn = state.turn && { turn: { messages: state.turn.messages.filter((id) => id !== last.id) } };
  return {
    ...state,
    ...turn,
    messages: swap(state.messages, [last.id], (message) => ({ ...message, state: "queued", why: "busy" })),
  };
}

/** The run is over: what was delivered is done, what was only sent waits again. */
export function settleMessages(state: AgentState): AgentState {
  if (!state.messages.some(({ state: at }) => at === "sent" || at === "delivered")) return state;
  const messages = state.messages.map((message): Message => {
    if (message.state === "delivered") return { ...message, state: "done" };
    if (message.state !== "sent") return message;
    if (message.sends < MAX_SENDS) return { ...message, state: "queued", why: "the run ended before its turn started" };
    return { ...message, state: "undeliverable", why: `no turn started in ${MAX_SENDS} runs` };
  });
  return { ...state, messages };
}

export const releaseMessages = (messages: Messages): Messages =>
  messages.some((message) => message.waits) ? messages.map((message) => ({ ...message, waits: false })) : messages;

/** The next message that skep hands over by itself, in the order they were sent. */
export function nextMessage(state: AgentState): Message | undefined {
  if (state.held || state.heldBack !== undefined) return undefined;
  const next = state.messages.find((message) => message.state === "queued");
  return next?.waits === true ? undefined : next;
}

function move(state: AgentState, ids: readonly string[], from: readonly MessageState[], to: MessageState): AgentState {
  if (ids.length === 0) return state;
  const messages = swap(state.messages, ids, (message) =>
    from.includes(message.state) ? { ...message, state: to, run: state.run } : message,
  );
  return { ...state, messages };
}

const swap = (messages: Messages, ids: readonly string[], change: (message: Message) => Message): Messages =>
  messages.map((message) => (ids.includes(message.id) ? change(message) : message));
