/** The swarm in the process that supervises it: what may be asked of an agent, and when it is refused. */
import { resolve } from "node:path";
import { cannotCancel, keptByAnother, mayRun, runsAlready, stillRuns } from "../errors.ts";
import { signalRun } from "../process/terminate.ts";
import { remove } from "../disk.ts";
import { dropArchived } from "../store/archive.ts";
import { writeMeta } from "../store/fs-store.ts";
import { inboxFor, requireFolder } from "./start-run.ts";
import type { RunExit, Runner, Snapshot } from "../types.ts";
import { type Caller, callerOf } from "./caller.ts";
import type { AgentControl, MessageControl, ResumeOptions, Swarm, SwarmWatch } from "./api.ts";
import { answerFor } from "./answer.ts";
import { agentArchive } from "./archive.ts";
import { change, isForeign } from "./change.ts";
import { handOver, resumeRun, sayTo, takeMessage } from "./deliver.ts";
import { GRACE_MS, type Hive, tellWatchers } from "./hive.ts";
import { keep } from "./keep.ts";
import { freshSnapshot, isAlive, type Kept, recordOwn } from "./kept.ts";
import { hasEnded } from "./observe.ts";
import { newMessageId } from "./new-id.ts";
import { detailOf, reload } from "./reload.ts";
import { spawnAgent, spawnedBefore } from "./spawn.ts";
import { seenOut, stopRun } from "./stop-run.ts";
import { look, pump, letGo } from "./supervise.ts";

export function makeSwarm(hive: Hive, close: () => Promise<void>): Swarm {
  return {
    root: hive.store.root,
    ...agentControl(hive),
    ...agentArchive(hive),
    ...messageControl(hive),
    ...watching(hive, close),
  };
}

function agentControl(hive: Hive): AgentControl {
  const spawning = new Map<string, Promise<Snapshot>>(); // by id: what is repeated meanwhile gets the first one's answer
  return {
    async spawn(request, options = {}, caller = callerOf(hive.env)) {
      const { id } = options;
      const first = id === undefined ? undefined : spawning.get(id);
      if (first !== undefined) return first;
      if (id !== undefined && spawnedBefore(hive, id))
        return change(hive, id, (kept) => repeatSpawn(hive, kept, caller));
      const work = spawnAgent(hive, request, options, caller).then(({ snapshot }) => snapshot);
      if (id === undefined) return work;
      spawning.set(id, work);
      return work.finally(() => spawning.delete(id));
    },
    resume: async (id, options = {}, caller = callerOf(hive.env)) =>
      change(hive, id, (kept) => resume(hive, kept, options, caller)),
    async stop(id, { grace = GRACE_MS, by = callerOf(hive.env).by } = {}) {
      (await keep(hive, id)).stopping = true; // before its turn comes: no message is to start a run meanwhile
      return change(hive, id, async (kept) => {
        try {
          if (isForeign(kept)) throw keptByAnother(id, "end");
          await stopRun(hive, kept, await runnerOf(hive, kept).catch(() => undefined), { grace, by }); // without its runner by signals alone
        } finally {
          kept.stopping = false;
        }
        return fresh(hive, kept);
      });
    },
    async remove(id, { force = false, by = callerOf(hive.env).by } = {}) {
      await change(hive, id, async (kept) => {
        if (!force) await seenOut(hive, kept);
        const over = kept.run === undefined || hasEnded(kept.journal, kept.run);
        if (!over && !force) throw stillRuns(id, "it is not removed");
        if (isForeign(kept)) throw keptByAnother(id, "end");
        await hive.hooks.ask("agent:remove", freshSnapshot(kept), { force });
        await stopRun(hive, kept, await runnerOf(hive, kept).catch(() => undefined), { grace: GRACE_MS, by });
        letGo(hive, kept);
        if (kept.meta.inboxPath === inboxFor(hive, id)) remove(kept.meta.inboxPath);
        hive.store.discard(id);
        dropArchived(hive.store, id); // what a move to or from there that failed left behind
        tellWatchers(hive, { change: "removed", id });
      });
    },
  };
}

const runnerOf = (hive: Hive, kept: Kept): Promise<Runner> => hive.plugins.runner(kept.meta.runner, kept.caller?.env);

function fresh(hive: Hive, kept: Kept): Snapshot {
  pump(hive, kept);
  return freshSnapshot(kept);
}

/** The answer to the first try was lost. What of it never started is started with this one's environment. */
async function repeatSpawn(hive: Hive, kept: Kept, caller: Caller): Promise<Snapshot> {
  const never = kept.run === undefined || (neverStarted(hive, kept) && kept.journal.state.runs.every(wasVoid));
  if (never) await resumeRun(hive, kept, await runnerOf(hive, kept), { caller });
  return fresh(hive, kept);
}

/** Whether the newest run was only written down. One that nobody is about to start is given up by this: it never will be. */
function neverStarted(hive: Hive, kept: Kept): boolean {
  kept.stale = true;
  look(hive, kept);
  const { run, journal } = kept;
  return run !== undefined && hasEnded(journal, run) && wasVoid(journal.state);
}

const wasVoid = ({ exit }: { readonly exit?: RunExit | undefined }): boolean =>
  exit?.reason === "failed_to_start" && exit.code === undefined;

async function resume(hive: Hive, kept: Kept, options: ResumeOptions, caller: Caller): Promise<Snapshot> {
  const { id, run, journal } = kept;
  const repeated = options.request !== undefined && run?.intent.request === options.request;
  if (repeated && !neverStarted(hive, kept)) return fresh(hive, kept);
  if (kept.facts?.kind === "elsewhere" && options.force !== true)
    throw mayRun(id, "it was started on another machine or in another container");
  if (run !== undefined && run.intent.damaged === undefined) await seenOut(hive, kept);
  const open = run !== undefined && !hasEnded(journal, run);
  // Its text may have been kept, and handed over by a later supervisor.
  const said = journal.state.messages.find((message) => message.id === options.request);
  if (said !== undefined && (open || said.state !== "queued")) return fresh(hive, kept);
  const damaged = open && kept.facts?.kind === "unreadable";
  if (damaged && options.force !== true) throw mayRun(id, run.intent.damaged ?? "its run is damaged");
  if (open && !damaged && kept.facts?.kind !== "elsewhere") throw runsAlready(id);
  if (options.force !== true && isForeign(kept)) throw mayRun(id, "another supervisor's agent listens on its inbox");
  const runner = await runnerOf(hive, kept);
  const { meta: before } = kept;
  const meta = options.dir === undefined ? before : { ...before, dir: resolve(options.dir) };
  requireFolder(meta.dir); // before anything is kept of a resume that cannot be
  kept.meta = meta;
  const { text = runner.turns === "resume" && !waits(kept) ? hive.settings.resumeMessage : undefined } = options;
  if (text !== undefined) {
    const message = options.request ?? newMessageId(); // a wish that is repeated says the same once
    takeMessage(hive, kept, runner, { id: message, text }, caller, true);
  }
  const message = journal.state.messages.find(({ state }) => state === "queued");
  const first = message === undefined ? undefined : kept.inbox.get(message.id);
  try {
    await resumeRun(hive, kept, runner, {
      caller,
      asked: true,
      ...(first === undefined ? {} : { message: { id: first.id, text: first.text } }),
      ...(options.request === undefined ? {} : { request: options.request }),
    });
  } catch (error) {
    kept.meta = before; // it was refused: it works where it did
    throw error;
  }
  if (!hive.closed) writeMeta(hive.store, kept.meta);
  return freshSnapshot(kept);
}

const waits = ({ journal: { state } }: Kept): boolean =>
  state.messages.some((message) => message.state === "queued") || (state.runs.length === 0 && state.foreign === 0);

function messageControl(hive: Hive): MessageControl {
  return {
    async send(id, text, options = {}, caller = callerOf(hive.env)) {
      return change(hive, id, async (kept) => {
        const runner = await runnerOf(hive, kept);
        const message = options.message ?? newMessageId();
        if (isForeign(kept)) throw keptByAnother(id, "speak to");
        const over = kept.run === undefined || hasEnded(kept.journal, kept.run);
        const waits = over && options.queue === true; // of one that runs there is no resume to be waited for
        if (over && !waits) requireFolder(kept.meta.dir);
        takeMessage(hive, kept, runner, { id: message, text }, caller, waits);
        const queued = kept.journal.state.messages.some((one) => one.id === message && one.state === "queued");
        if (options.now === true && queued && isAlive(kept))
          await handOver(hive, kept, runner, { kind: "user", id: message, text });
        pump(hive, kept);
        return { message };
      });
    },
    async cancel(id, by = callerOf(hive.env).by) {
      await change(hive, id, async (kept) => {
        const { run } = kept;
        if (run === undefined || !isAlive(kept)) throw cannotCancel(id, "it is not running");
        if (freshSnapshot(kept).phase === "idle") throw cannotCancel(id, "no turn is open");
        recordOwn(kept, hive.now(), "cancel_requested", { by }, run.run);
        const runner = await runnerOf(hive, kept);
        const speaks = runner.deliver !== undefined || runner.dialogue !== undefined;
        const told = speaks ? await sayTo(hive, kept, runner, { kind: "cancel" }) : undefined;
        if (told === undefined) signalRun(run.paths, "SIGINT");
        if (told?.to === "refused") throw cannotCancel(id, told.why);
        pump(hive, kept);
      });
    },
    async answer(id, answer) {
      await change(hive, id, async (kept) => {
        await answerFor(hive, kept, await runnerOf(hive, kept), { kind: "answer", ...answer });
        pump(hive, kept);
      });
    },
  };
}

function watching(hive: Hive, close: () => Promise<void>): SwarmWatch {
  return {
    watch(listener) {
      hive.watchers.add(listener);
      return () => void hive.watchers.delete(listener);
    },
    list: () => reload(hive),
    async show(id) {
      const kept = await keep(hive, id);
      return detailOf(hive.store, { meta: kept.meta, journal: kept.journal, snapshot: freshSnapshot(kept) });
    },
    close,
  };
}
