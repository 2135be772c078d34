/** Messages of every size, over every way, to agents that are idle, busy, dead or ending, and while the supervisor is killed. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { TASK_MESSAGE } from "../../src/core/queue.ts";
import { reasonOf, systemCode } from "../../src/errors.ts";
import type { Detail } from "../../src/types.ts";
import { until } from "../sandbox.ts";
import { openSupervised, type Supervised } from "../supervisor/supervised.ts";
import type { Outcome, Scenario, Stage } from "./scenario.ts";
import { type Received, type Way, ways } from "./ways.ts";

const STATES = ["idle", "busy", "dead", "ending", "killed"] as const;
type State = (typeof STATES)[number];
const PER_AGENT = 12; // messages, then it is looked at and removed
const LARGEST = 1024 * 1024; // bytes
const LIMIT_MS = 60_000;

interface Play {
  readonly stage: Stage;
  readonly kept: Supervised;
  readonly failures: string[];
  readonly happened: Record<State, number>;
  /** Ends the supervisor by SIGKILL and starts another. */
  readonly kill: () => Promise<void>;
  left: number;
  bytes: number;
}

const FILL = 'bcd é✓ 0123456789 <>&"\\{}';
/** A text of about so many bytes, most of them short. Neither its beginning nor its end is a blank. */
function makeText(play: Play, begin: string, number: number): string {
  const { next } = play.stage;
  const size = Math.floor(LARGEST ** next());
  if (begin.length + 1 >= size) return begin === "" ? "x" : begin;
  const body = `${number}:${FILL.slice(Math.floor(next() * 9)).repeat(size)}`.slice(
    0,
    Math.max(1, size - begin.length - 1),
  );
  const broken = next() < 0.3 && body.length > 10 ? `${body.slice(0, 5)}\n${body.slice(6)}` : body;
  let cut = broken;
  while (Buffer.byteLength(cut) > LARGEST - 20) cut = cut.slice(0, Math.floor(cut.length * 0.8));
  return `${begin}${cut}.`;
}

/** One agent and what was sent to it, from its spawn to its end. */
async function playAgent(play: Play, way: Way): Promise<void> {
  const { kept, stage, failures, happened } = play;
  const id = await kept.spawn({ task: "first", ...way.request });
  const sent: string[] = way.taskFirst ? [way.request.task ?? "first"] : [];
  const ids = new Set<string>();
  const failed = (what: string): void => void failures.push(`${way.name}, ${id}, message ${sent.length}: ${what}`);
  const send = async (begin: string): Promise<void> => {
    const text = makeText(play, begin, sent.length);
    sent.push(text);
    play.bytes += Buffer.byteLength(text);
    ids.add((await kept.swarm.send(id, text)).message);
  };
  try {
    await settles(kept, id); // what a run is started with is delivered with it: the faults come later
    for (let at = 0; at < PER_AGENT && play.left > 0; at += 1) {
      play.left -= 1;
      const state = STATES[Math.floor(stage.next() * STATES.length)] ?? "idle";
      const began = performance.now();
      if (await sendWhile(play, way, id, state, send)) happened[state] += 1;
      const sentAt = performance.now();
      if (stage.next() < 0.3) await settles(kept, id);
      if (stage.next() < 0.3) reportedIsReal(await kept.swarm.show(id), way.received(kept.folderOf(id)), failed);
      stage.log(`${way.name}: ${state} ${Math.round(sentAt - began)} ms, ${Math.round(performance.now() - sentAt)} ms`);
    }
    await send(way.begins.plain); // what a stop held back goes with it
    await settles(kept, id, false);
    compare(way.received(kept.folderOf(id)), way.taskFirst ? sent : [sent.map((text) => `${text}\n`).join("")], failed);
    await kept.swarm.stop(id, { grace: 500 });
    const log = readFileSync(join(kept.folderOf(id), "events.jsonl"), "utf8").split("\n");
    receipts(await kept.swarm.show(id), log, ids, failed);
    happened.busy += whileBusy(log);
    await kept.swarm.remove(id);
  } catch (error) {
    failed(`${reasonOf(error)}; its log ends with ${lastEntries(kept.folderOf(id))}`);
  }
}

/** What the last lines of its log say, in few words. */
const lastEntries = (folder: string): string =>
  readFileSync(join(folder, "events.jsonl"), "utf8")
    .split("\n")
    .slice(-40)
    .map((line) =>
      [...line.matchAll(/"(?:type|message|run|why|step|error)":("[^"]{0,40}|\d+)/g)]
        .map(([, value]) => value)
        .join(" "),
    )
    .join(" | ");

interface Brief extends Pick<Detail, "status" | "phase" | "activity" | "run"> {
  readonly of: number;
  readonly open: readonly string[]; // place and state of each message that is not done
}
/** How an agent stands and what became of its messages, in few words. */
async function brief(kept: Supervised, id: string): Promise<Brief> {
  await pause(40); // an answer holds all texts
  const { status, phase, activity, run, runner, messages } = await kept.swarm.show(id);
  // A command's task is its command line: delivered for as long as it runs.
  const sent = messages.filter((message) => runner !== "exec" || message.id !== TASK_MESSAGE);
  const open = sent.flatMap(({ state }, at) =>
    state === "done" || state === "undeliverable" ? [] : [`${at} ${state}`],
  );
  return { status, phase, activity, run, of: sent.length, open };
}

/** Waits until it is idle or has ended, and all that was sent is done; or, after a stop, held until the next is sent. */
const settles = (kept: Supervised, id: string, held = true): Promise<Awaited<ReturnType<typeof brief>>> =>
  until(
    () => brief(kept, id),
    ({ phase, open }) =>
      (phase === "idle" && open.length === 0) ||
      (phase === "ended" && (held ? open.every((state) => state.endsWith("queued")) : open.length === 0)),
    LIMIT_MS,
  );

/** Sends one message while the agent is so, if it comes to it; returns whether it did. */
async function sendWhile(
  { kept, stage, kill }: Play,
  { name, begins }: Way,
  id: string,
  state: State,
  send: (begin: string) => Promise<void>,
): Promise<boolean> {
  const { next } = stage;
  const look = (): Promise<Detail> => kept.swarm.show(id);
  switch (state) {
    case "idle": {
      const before = await settles(kept, id);
      await send(begins.plain);
      return before.phase === "idle" || name === "a run each";
    }
    case "busy": {
      if (begins.pause === undefined) return send("").then(() => false); // it has no turns
      await send(begins.pause);
      await send(begins.plain);
      return false; // whether its turn was still open is told by the log
    }
    case "dead": {
      const hangs = begins.hang !== undefined && next() < 0.5;
      if (hangs) {
        await settles(kept, id);
        await send(begins.hang ?? "");
        await until(
          () => brief(kept, id),
          ({ open }) => String(open.at(-1)).endsWith("delivered"),
          LIMIT_MS,
        );
      }
      const { pid } = await look();
      const died = pid !== undefined && end(pid, "SIGKILL");
      await send(begins.plain);
      return died;
    }
    case "ending": {
      let over = false;
      const { pid } = await look();
      const byItself = pid !== undefined && next() < 0.3 && end(pid, "SIGTERM");
      const stop = (byItself ? settles(kept, id) : kept.swarm.stop(id, { grace: 200 })).then(() => (over = true));
      await pause(next() * 15);
      const during = !over;
      await send(begins.plain);
      await stop;
      return during;
    }
    case "killed": {
      let answered = false;
      const sending = send(begins.plain).then(() => (answered = true));
      await pause(next() * 4);
      const during = !answered;
      await kill();
      await sending;
      return during;
    }
  }
}

/** Whether it was still there. */
function end(pid: number, how: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, how);
  } catch (error) {
    if (systemCode(error) === "ESRCH") return false;
    throw error;
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Each once, whole, in the order sent. Of one in whose telling the child was killed only its place is known. */
function compare(received: Received, sent: readonly string[], failed: (what: string) => void): void {
  const shown = (text: string | undefined): string =>
    `${text?.length} characters, ${JSON.stringify(text?.slice(0, 40))}`;
  const got = sent.length === 1 ? [received.join("")] : received;
  if (got.length !== sent.length) failed(`${sent.length} were sent, ${got.length} came`);
  const at = sent.findIndex((text, place) => got[place] !== undefined && got[place] !== text);
  if (at !== -1) failed(`number ${at} came as ${shown(got[at])} and was ${shown(sent[at])}`);
}

/** What is called delivered or done has reached its child. The files are read after the word was given. */
function reportedIsReal({ runner, messages }: Detail, received: Received, failed: (what: string) => void): void {
  const said = messages.filter(({ id, state }) =>
    runner === "exec" && id === TASK_MESSAGE ? false : state === "delivered" || state === "done",
  ).length;
  // A command's stdin is one text: its lines are more than its messages, never fewer.
  const came = runner === "exec" ? received.join("").split("\n").length - 1 : received.length;
  if (said > came) failed(`${said} are called delivered, ${came} came`);
}

/** Each message has one end in the log, and came to it by way of its delivery. */
function receipts(
  { messages }: Detail,
  lines: readonly string[],
  ids: ReadonlySet<string>,
  failed: (what: string) => void,
): void {
  const count = (type: string, id: string): number =>
    lines.filter((line) => line.includes(`"type":"${type}"`) && line.includes(`"message":"${id}"`)).length;
  for (const id of ids) {
    const state = messages.find((message) => message.id === id)?.state;
    if (state === undefined) failed(`${id} was confirmed and is not known`);
    if (state !== "done") failed(`${id} is ${state}`);
    const [delivered, done] = [count("message_delivered", id), count("message_done", id)];
    if (done !== 1 || delivered > 1) failed(`${id} has ${delivered} times delivered and ${done} times done`);
  }
}

/** How many messages came while the turn of another was open. */
function whileBusy(log: readonly string[]): number {
  let open: string | undefined;
  let count = 0;
  for (const line of log) {
    const [, type, id] = /"type":"message_(queued|delivered|done)".*?"message":"([^"]+)"/.exec(line) ?? [];
    if (type === "delivered" && id !== TASK_MESSAGE) open = id;
    else if (type === "done" && open === id) open = undefined;
    else if (type === "queued" && open !== undefined && open !== id) count += 1;
  }
  return count;
}

async function run(stage: Stage): Promise<Outcome> {
  const kept = await openSupervised({ env: stage.env, command: [stage.skep], patient: true });
  let killing = Promise.resolve();
  let kills = 0;
  const killOnce = async (): Promise<void> => {
    kills += 1;
    await kept.kill();
    kept.launch();
  };
  const play: Play = {
    stage,
    kept,
    failures: [],
    happened: { idle: 0, busy: 0, dead: 0, ending: 0, killed: 0 },
    kill: () => (killing = killing.then(killOnce)),
    left: stage.count,
    bytes: 0,
  };
  try {
    await kept.start();
    await Promise.all(
      ways.map(async (way) => {
        while (play.left > 0) {
          await playAgent(play, way);
          stage.log(`${play.left} left, ${JSON.stringify(play.happened)}`);
        }
      }),
    );
  } finally {
    await kept.close();
  }
  const { idle: _idle, ...faults } = play.happened;
  for (const [state, times] of Object.entries(play.happened))
    if (times < stage.count / 40) play.failures.push(`only ${times} were sent while ${state}`);
  return {
    done: stage.count,
    happened: Object.values(faults).reduce((sum, times) => sum + times, 0),
    failures: play.failures,
    notes: { ...play.happened, kills, MB: Math.round(play.bytes / 1e6) },
  };
}

export const scenario: Scenario = {
  name: "messages",
  what: "messages of 1 byte to 1 MB by every way, sent while the agent is idle, busy, dead or ending, or the supervisor is killed",
  holds: "each delivered, in order, with a receipt, whole; no turn twice; none called delivered that was not",
  counted: "messages",
  short: 30,
  full: 2_000,
  atLeast: (count) => count / 3,
  happening: "sent in a fault",
  run,
};
