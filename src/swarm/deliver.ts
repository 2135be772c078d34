/**
 * Hands messages to agents: one at a time, in order, to an idle agent; or as the start of a run of their own. What a
 * runner's `deliver` describes is carried out here, so every runner's messages are as durable as ours.
 */
import { nextMessage, TASK_MESSAGE } from "../core/queue.ts";
import { loginFailed, reasonOf, runnerTakesNone } from "../errors.ts";
import { isListening, sendLine } from "../process/inbox-socket.ts";
import { appendInput, closeInput, inputSize } from "../process/stdin.ts";
import { signalRun } from "../process/terminate.ts";
import type { Command, Delivery, Runner, Snapshot } from "../types.ts";
import type { Caller } from "./caller.ts";
import { type Hive, tellFault } from "./hive.ts";
import { holdBack, takeTurn } from "./logins.ts";
import { record } from "./journal.ts";
import { freshSnapshot, isAlive, type Kept, ownDraft, queueMessage, recordOwn, talkOf } from "./kept.ts";
import { hasEnded, hasMore, reachOf } from "./observe.ts";
import { planRun, type RunWish, startRun, taskOf } from "./start-run.ts";
import { pump } from "./supervise.ts";

/** Hands over the next message if the agent can take one now. Called after every look at it; does nothing twice. */
export function deliverNext(hive: Hive, kept: Kept): void {
  const about = `${kept.id}: a message waits`;
  if (kept.starting || kept.stopping) return;
  kept
    .serial(() => deliverOne(hive, kept))
    .then(
      () => hive.faults.delete(about),
      (error: unknown) => tellFault(hive, about, `${about}: ${reasonOf(error)}`),
    );
}

async function deliverOne(hive: Hive, kept: Kept): Promise<void> {
  const nothing = !kept.unsure && nextMessage(kept.journal.state) === undefined;
  if (hive.closed || kept.stopping || nothing) return;
  const runner = await hive.plugins.runner(kept.meta.runner, kept.caller?.env);
  kept.runner ??= runner;
  makeSure(hive, kept, runner);
  const { run } = kept;
  const { state } = kept.journal;
  const message = nextMessage(state);
  const text = message === undefined ? undefined : kept.inbox.get(message.id)?.text;
  if (hive.closed || message === undefined || text === undefined) return;
  const over = run === undefined || hasEnded(kept.journal, run);
  if (over) {
    const caller = kept.callers.get(message.id) ?? kept.caller ?? ownCaller(hive, kept);
    if (caller !== undefined) await startFor(hive, kept, runner, caller, { id: message.id, text });
    return;
  }
  if (!isAlive(kept) || state.run < run.run || state.stop?.run === run.run) return;
  const reach = reachOf(run.intent);
  const idle = reach.input || (run.intent.turns === "live" && freshSnapshot(kept).phase !== "waiting" && !isBusy(kept));
  if (idle) await handOver(hive, kept, runner, { kind: "user", id: message.id, text });
}

const MAX_RUNS = 3;
/** Starts the run that a message needs. What cannot be started is not tried for ever. */
async function startFor(
  hive: Hive,
  kept: Kept,
  runner: Runner,
  caller: Caller,
  message: { id: string; text: string },
): Promise<void> {
  const runs = (kept.runsFor.get(message.id) ?? 0) + 1;
  kept.runsFor.set(message.id, runs);
  if (runs > MAX_RUNS) {
    const why = `its agent ended ${MAX_RUNS} times before it could be handed over`;
    recordOwn(kept, hive.now(), "message_undeliverable", { message: message.id, why });
    pump(hive, kept);
    return;
  }
  try {
    const started = await resumeRun(hive, kept, runner, { caller, message });
    if (!started) kept.runsFor.set(message.id, runs - 1);
  } catch (error) {
    recordOwn(kept, hive.now(), "message_queued", { message: message.id, waits: true, why: reasonOf(error) });
    throw error;
  }
}

const isBusy = ({ journal: { state } }: Kept): boolean =>
  state.turn !== undefined ||
  state.messages.some(
    (message) => message.state === "sent" || (message.state === "delivered" && message.run === state.run),
  );

/** The environment of a run that nobody asked for just now; without a variable that the spawn named the agent waits. */
function ownCaller(hive: Hive, kept: Kept): Caller | undefined {
  const missing = (kept.meta.skep?.envNames ?? []).filter((name) => hive.env[name] === undefined);
  if (missing.length === 0) return { env: hive.env, umask: 0o022, by: "skep" };
  const message = nextMessage(kept.journal.state);
  if (message !== undefined) {
    recordOwn(kept, hive.now(), "message_queued", { message: message.id, waits: true });
    recordOwn(kept, hive.now(), "environment_missing", { names: missing.join(", ") });
    pump(hive, kept);
  }
  return undefined;
}

/**
 * A new run on the same conversation. A one-shot runner's message starts it; others get theirs when they are idle. `false`
 * when it is held back instead, since its login failed. Throws that where a user asked for it.
 */
export async function resumeRun(
  hive: Hive,
  kept: Kept,
  runner: Runner,
  wish: Pick<RunWish, "asked" | "caller" | "message" | "request">,
): Promise<boolean> {
  const first = wish.message?.id === TASK_MESSAGE; // it was held back with its run
  const message = taskOf(kept) ?? (first || runner.turns === "resume" ? wish.message : undefined);
  const { message: _message, ...rest } = wish;
  const planned = await planRun(hive, runner, kept.meta, freshSnapshot(kept), {
    ...rest,
    resuming: kept.journal.state.run > 0,
    ...(message === undefined ? {} : { message }),
  });
  kept.caller = wish.caller;
  const { login } = planned.launch;
  const held = planned.held ?? (await takeTurn(hive, login, kept.id));
  if (held === undefined) {
    await startRun(hive, kept, runner, planned);
    return true;
  }
  if (wish.asked === true) throw loginFailed(held);
  holdBack(hive, kept, login, held);
  pump(hive, kept);
  return false;
}

/** Gives the newest run a user's turn. What was sent is in the log before the first byte is written. */
export async function handOver(
  hive: Hive,
  kept: Kept,
  runner: Runner,
  command: Command & { kind: "user" },
): Promise<void> {
  const { run } = kept;
  if (run === undefined || kept.journal.state.run !== run.run) return; // not begun: the next look begins it
  if (run.intent.damaged !== undefined) return; // how it is spoken to is not known: the message waits for the next run
  makeSure(hive, kept, runner);
  const { id } = command;
  const { now } = hive;
  if (runner.dialogue !== undefined) {
    const talk = talkOf(kept);
    if (talk === undefined) return;
    const sent = { message: id, run: run.run };
    kept.unsure = true;
    record(kept.journal, [ownDraft(kept, "message_sent", sent), ownDraft(kept, "said", { command })], now());
    kept.unsure = false;
    const { then } = talk.outcome;
    if (then?.to === "refused") recordOwn(kept, now(), "message_undeliverable", { ...sent, why: then.why });
    pump(hive, kept);
    return;
  }
  const delivery = describe(runner, command, freshSnapshot(kept));
  switch (delivery.to) {
    case "stdin": {
      const bytes = Buffer.from(delivery.text);
      const at = inputSize(run.paths);
      kept.unsure = true;
      recordOwn(kept, now(), "message_sent", { message: id, run: run.run, at, bytes: bytes.length });
      kept.journal.writer?.sync();
      appendInput(run.paths, at, bytes);
      if (reachOf(run.intent).input) recordOwn(kept, now(), "message_done", { message: id, run: run.run });
      kept.unsure = false; // not before: a full disk may refuse its last word
      break;
    }
    case "inbox": {
      const path = kept.meta.inboxPath;
      if (!isListening(path)) return; // not yet: it says `agent_ready`, or the tick asks again
      recordOwn(kept, now(), "message_sent", { message: id, run: run.run });
      kept.journal.writer?.sync();
      kept.unsure = true; // when it fails nobody knows whether it came
      const sent = await sendLine(path, delivery.line, SEND_MS);
      if (sent === "not_listening") recordOwn(kept, now(), "message_queued", { message: id, why: "nobody listened" });
      kept.unsure = false;
      break;
    }
    case "signal":
      recordOwn(kept, now(), "message_sent", { message: id, run: run.run });
      signalRun(run.paths, delivery.signal);
      break;
    case "close":
      closeInput(run.paths);
      break;
    case "next_run":
      return;
    case "refused":
      recordOwn(kept, now(), "message_undeliverable", { message: id, run: run.run, why: delivery.why });
      break;
    default:
      delivery satisfies never;
  }
  pump(hive, kept);
}

const SEND_MS = 5_000;

const describe = (runner: Runner, command: Command, agent: Snapshot): Delivery =>
  runner.deliver?.(command, agent) ?? { to: "refused", why: runnerTakesNone(runner.name).message };

/** Carries out a command that is no message: cancel, shutdown, an answer. Returns whether it could be said. */
export async function sayTo(
  hive: Hive,
  kept: Kept,
  runner: Runner,
  command: Exclude<Command, { kind: "user" }>,
): Promise<Delivery> {
  const { run } = kept;
  makeSure(hive, kept, runner);
  const talk = talkOf(kept);
  if (talk !== undefined) {
    recordOwn(kept, hive.now(), "said", { command });
    const { then = { to: "stdin" as const, text: "" } } = talk.outcome;
    pump(hive, kept);
    return then;
  }
  const delivery = describe(runner, command, freshSnapshot(kept));
  if (run === undefined) return delivery;
  if (delivery.to === "stdin") appendInput(run.paths, inputSize(run.paths), Buffer.from(delivery.text));
  else if (delivery.to === "inbox") {
    const sent = await sendLine(kept.meta.inboxPath, delivery.line, SEND_MS);
    if (sent === "not_listening") return { to: "refused", why: "nobody listens on its inbox" };
  } else if (delivery.to === "signal") signalRun(run.paths, delivery.signal);
  else if (delivery.to === "close") closeInput(run.paths);
  return delivery;
}

/** Tells of messages that were kept and, since a supervisor was killed in between, not yet told of in the log. */
export function tellKept(hive: Hive, kept: Kept): void {
  for (const message of kept.inbox.values()) {
    if (!kept.journal.state.messages.some(({ id }) => id === message.id))
      recordOwn(kept, hive.now(), "message_queued", { message: message.id });
  }
}

/**
 * After a supervisor was killed in the middle of it, or an attempt failed: bytes of a message that were announced and not
 * all written are written; one that was not said, or that a socket may have lost while the agent is idle, is queued again.
 */
export function makeSure(hive: Hive, kept: Kept, runner: Runner): void {
  const { journal, run } = kept;
  if (run === undefined || !kept.unsure) return;
  for (const { id, state } of journal.state.messages) {
    if (state !== "sent") continue;
    const text = kept.inbox.get(id)?.text ?? "";
    if (runner.dialogue !== undefined) {
      if (talkOf(kept)?.said.has(id) === false)
        recordOwn(kept, hive.now(), "message_queued", { message: id, why: "it was not said" });
      continue;
    }
    const delivery = describe(runner, { kind: "user", id, text }, freshSnapshot(kept));
    const place = kept.sentAt.get(id);
    if (delivery.to === "stdin" && place?.run === run.run) {
      appendInput(run.paths, place.at, Buffer.from(delivery.text));
      if (reachOf(run.intent).input) recordOwn(kept, hive.now(), "message_done", { message: id, run: run.run });
    }
    if (delivery.to === "inbox") queueUnheard(hive, kept, id);
  }
  kept.unsure = false;
}

const UNHEARD_MS = 2_000; // since the last word of the log: a supervisor that is killed again and again must not begin anew
const TAKEN_IN_MS = 200; // at least: what the agent said while nobody was there is to be taken in first
/** Looks again and again: while the agent is in another turn, or has said more, nobody knows, and it must not wait for ever. */
function queueUnheard(hive: Hive, kept: Kept, id: string): void {
  const silent = hive.now() - kept.journal.state.updated;
  setTimeout(
    () => {
      const { state } = kept.journal;
      const sent = state.messages.some((message) => message.id === id && message.state === "sent");
      if (hive.closed || hive.kept.get(kept.id) !== kept || !sent || !isAlive(kept)) return;
      const more = kept.run !== undefined && hasMore(kept.journal, kept.run);
      if (state.turn !== undefined || more) return queueUnheard(hive, kept, id);
      recordOwn(kept, hive.now(), "message_queued", { message: id, why: "no turn came of it" });
      pump(hive, kept);
    },
    Math.max(TAKEN_IN_MS, UNHEARD_MS - silent),
  ).unref();
}

/** Keeps what is to be said. Throws SkepError "state" when the runner takes no messages. */
export function takeMessage(
  hive: Hive,
  kept: Kept,
  runner: Runner,
  message: { id: string; text: string },
  caller: Caller,
  waits: boolean,
): void {
  const intent = kept.run?.intent;
  const none = (intent?.turns ?? runner.turns) === "none" && intent?.stdin !== "open";
  if (none) throw runnerTakesNone(runner.name);
  kept.callers.set(message.id, caller);
  kept.caller = caller;
  queueMessage(kept, { ...message, time: new Date(hive.now()).toISOString(), by: caller.by }, hive.now(), waits);
}
