/**
 * Two-way protocols, folded from the log: a `Dialogue` sees the child's lines and skep's `said` entries in log order and
 * says which lines it wants sent. The k-th line it wants is the k-th `sent` entry of the run; what is beyond the last one is
 * sent now. So a new supervisor takes up in the middle, by the same code as the first one began.
 */
import { parseCommand } from "../core/command.ts";
import type { Meta } from "../core/meta.ts";
import { makeSnapshot } from "../core/snapshot.ts";
import { INITIAL } from "../core/state.ts";
import { apply } from "../core/apply.ts";
import { runPaths } from "../process/run-files.ts";
import { selfCommand } from "../process/self.ts";
import { appendInput } from "../process/stdin.ts";
import { readLog } from "../store/event-log.ts";
import type { Command, Dialogue, DialogueStep, LogEntry, Snapshot } from "../types.ts";
import { type Journal, record } from "./journal.ts";
import { NO_RUN, type ObservedRun } from "./observe.ts";

/** The conversation of one run so far. */
export interface Talk {
  readonly dialogue: Dialogue;
  readonly run: number;
  state: unknown;
  wanted: string[]; // lines that are wanted and not in the log as sent, with their newlines
  owed: number; // `sent` entries of the log that the fold has not come to yet
  sent: number; // bytes that the log says were sent
  readonly said: Set<string>; // ids of the messages that were said
  later: readonly Command[]; // commands that could not be said yet
  outcome: Pick<DialogueStep<unknown>, "then" | "failed">; // asked for and not done yet
  readonly failureTold: boolean; // by an earlier supervisor
}

/** Begins a run's conversation, or takes it up where the log stands; what `in` lacks of what was sent is written. */
export function takeUp(dialogue: Dialogue, meta: Meta, journal: Journal, observed: ObservedRun): Talk {
  const { run, intent } = observed;
  const entries: LogEntry[] = [];
  let before = INITIAL; // the run's beginning: the same for the first supervisor and a later one
  readLog(
    journal.paths.log,
    { at: 0, scanned: 0 },
    {
      entry({ entry }) {
        if (entry.origin.by !== "other" && entry.origin.run === run) entries.push(entry);
        else before = apply(before, entry, journal.translate).state;
      },
      skipped() {
        // Said elsewhere: this only looks for what was said.
      },
    },
  );
  const agent: Snapshot = makeSnapshot(meta, before, { kind: "unclaimed" }, NO_RUN);
  const paths = {
    inbox: meta.inboxPath,
    session: journal.paths.session,
    log: runPaths(journal.paths.folder, run).mirror,
    dir: intent.cwd,
  };
  const { resuming, args, options, message } = intent;
  const spec = {
    agent,
    run,
    resuming,
    args,
    options,
    paths,
    skep: selfCommand(),
    ...(message === undefined ? {} : { message }),
  };
  const own = entries.filter(({ origin }) => origin.by === "skep");
  const texts = own.filter(({ type }) => type === "sent").map(({ data }) => String(data["text"]));
  const input = Buffer.from(texts.join(""));
  appendInput(observed.paths, 0, input);
  const talk: Talk = {
    dialogue,
    run,
    state: undefined,
    wanted: [],
    owed: texts.length,
    sent: input.length,
    said: new Set(),
    later: [],
    outcome: {},
    failureTold: own.some(({ type }) => type === "dialogue_failed"),
  };
  take(talk, dialogue.start(spec));
  for (const entry of entries) hear(talk, entry);
  // What it asked for besides was done by who supervised then. Only a close is safe to repeat, and a failure to go on with.
  const { then, failed } = talk.outcome;
  talk.outcome = { ...(then?.to === "close" ? { then } : {}), ...(failed === undefined ? {} : { failed }) };
  return talk;
}

/** Takes in an entry of the run: a line of the child, or a command that was said. */
export function hear(talk: Talk, entry: LogEntry): void {
  const { origin } = entry;
  if (origin.by === "child" && origin.run === talk.run && origin.stream === "out")
    take(talk, talk.dialogue.read(talk.state, entry));
  else if (origin.by === "skep" && origin.run === talk.run && entry.type === "said") {
    const command = parseCommand(entry.data["command"]);
    if (command !== undefined) say(talk, command);
  } else return;
  const waiting = talk.later;
  if (entry.type === "said" || waiting.length === 0) return;
  talk.later = [];
  for (const command of waiting) say(talk, command);
}

function say(talk: Talk, command: Command): void {
  if (command.kind === "user") talk.said.add(command.id);
  const step = talk.dialogue.say(talk.state, command);
  if (step.later === true) talk.later = [...talk.later, command];
  take(talk, step);
}

function take(talk: Talk, { state, send = [], then, failed }: DialogueStep<unknown>): void {
  talk.state = state;
  for (const line of send) {
    if (talk.owed > 0) talk.owed -= 1;
    else talk.wanted.push(line.endsWith("\n") ? line : `${line}\n`);
  }
  // One batch of lines may make many steps: what one of them asks for is not forgotten over the next.
  Object.assign(talk.outcome, then === undefined ? {} : { then }, failed === undefined ? {} : { failed });
}

/** Sends what the conversation wants: into the log first, durably, then to the child. */
export function speak(talk: Talk, journal: Journal, observed: ObservedRun, now: number): void {
  const { wanted } = talk;
  if (wanted.length === 0) return;
  talk.wanted = [];
  record(
    journal,
    wanted.map((text) => ({ kind: "own", type: "sent", run: talk.run, fields: { text } })),
    now,
  );
  journal.writer?.sync();
  const bytes = Buffer.from(wanted.join(""));
  appendInput(observed.paths, talk.sent, bytes);
  talk.sent += bytes.length;
}
