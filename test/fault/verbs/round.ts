/** One round of each verb: what stands before it, the request as a client makes it, and what must hold after its answer. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { statOf } from "../../../src/process/liveness.ts";
import { listRuns } from "../../../src/process/run-files.ts";
import type { Caller } from "../../../src/swarm/caller.ts";
import { newId, newMessageId } from "../../../src/swarm/new-id.ts";
import { waitFor } from "../../../src/swarm/wait.ts";
import type { SpawnRequest } from "../../../src/types.ts";
import type { Keeper } from "../keeper.ts";
import { eventually } from "../root.ts";

export interface Round {
  /** Resolves with the answer; the client repeats itself meanwhile. */
  readonly act: () => Promise<unknown>;
  readonly check: () => Promise<readonly string[]>;
}
export interface Verb {
  readonly name: string;
  readonly prepare: (keeper: Keeper) => Promise<Round>;
}

const CODE = 7;
const WAIT_MS = 60_000;

/** `quick` ends with 7 at once, `long` sleeps, `reader` says again what it is told. Each writes first that it began. */
const SCRIPTS = {
  quick: `exit ${CODE}`,
  long: "exec sleep 600",
  reader: 'while read -r line; do echo "got $line"; done',
};
type Kind = keyof typeof SCRIPTS;

const callerOf = ({ env }: Keeper): Caller => ({ env, umask: 0o022, by: "suite" });

function requestFor({ begins, root }: Keeper, kind: Kind): SpawnRequest {
  const script = `echo "$SKEP_AGENT_ID $SKEP_RUN $$" >>${begins}; ${SCRIPTS[kind]}`;
  return {
    task: `be ${kind}`,
    runner: "exec",
    dir: join(root, ".."),
    args: ["sh", "-c", script],
    ...(kind === "reader" ? { options: { stdin: true } } : {}),
  };
}

const begunOf = (keeper: Keeper, id: string): ReturnType<Keeper["begun"]> =>
  keeper.begun().filter((one) => one.id === id);

async function spawned(keeper: Keeper, kind: Kind): Promise<string> {
  const id = newId(kind);
  await keeper.client.spawn(requestFor(keeper, kind), { id }, callerOf(keeper));
  await eventually(
    () => begunOf(keeper, id).length,
    (count) => count > 0,
  );
  if (kind === "quick") await waitFor(keeper.client, [id], { exit: true, timeout: WAIT_MS });
  return id;
}

const spawn = (kind: Kind): Verb => ({
  name: `spawn ${kind}`,
  async prepare(keeper) {
    const { client } = keeper;
    const id = newId(kind);
    const request = requestFor(keeper, kind);
    return {
      act: () => client.spawn(request, { id }, callerOf(keeper)),
      async check() {
        const again = await client.spawn(request, { id }, callerOf(keeper));
        const failures = again.id === id ? [] : [`repeated, it gave ${again.id} for ${id}`];
        if (kind === "quick") failures.push(...(await checkEnd(keeper, id, 1)));
        const { task, status, messages } = await eventually(
          () => client.show(id),
          (agent) => agent.messages[0]?.state === "done" || agent.messages[0]?.state === "delivered",
        );
        failures.push(...(await checkBegun(keeper, id, 1)));
        if (task !== request.task || messages[0]?.text !== request.task) failures.push(`${id} has lost its task`);
        if (kind === "long" && status !== "running") failures.push(`${id} is ${status}, and it runs`);
        return failures;
      },
    };
  },
});

const send = (to: "alive" | "ended"): Verb => ({
  name: `send to an ${to} one`,
  async prepare(keeper) {
    const { client } = keeper;
    const id = await spawned(keeper, "reader");
    const ended = to === "ended";
    if (ended) await client.stop(id, { grace: 2_000 });
    const message = newMessageId();
    const say = (): Promise<unknown> => client.send(id, `word ${message}`, { message }, callerOf(keeper));
    const heard = (): number => wordsOf(keeper, id).filter((line) => line === `got word ${message}`).length;
    return {
      act: say,
      async check() {
        await say();
        await eventually(heard, (count) => count > 0);
        const failures = heard() === 1 ? [] : [`${id} heard ${message} ${heard()} times`];
        const { messages } = await eventually(
          () => client.show(id),
          (agent) => agent.messages.find((one) => one.id === message)?.state === "done",
        );
        if (messages.filter((one) => one.id === message).length !== 1) failures.push(`${message} is not kept once`);
        return [...failures, ...(await checkBegun(keeper, id, ended ? 2 : 1))];
      },
    };
  },
});

const resume = (kind: "quick" | "reader"): Verb => ({
  name: `resume ${kind}`,
  async prepare(keeper) {
    const { client } = keeper;
    const id = await spawned(keeper, kind);
    const request = newMessageId();
    const text = `word ${request}`;
    const options = kind === "reader" ? { request, text } : { request };
    const again = (): Promise<unknown> => client.resume(id, options, callerOf(keeper));
    if (kind === "reader") await client.stop(id, { grace: 2_000 });
    const heard = (): number => wordsOf(keeper, id).filter((line) => line === `got ${text}`).length;
    const checkRun = async (): Promise<string[]> => {
      if (kind === "quick") return checkEnd(keeper, id, 2);
      await eventually(heard, (count) => count > 0);
      return heard() === 1 ? [] : [`${id} heard ${request} ${heard()} times`];
    };
    return {
      act: again,
      async check() {
        const failures = await checkRun();
        await again();
        return [...failures, ...(await checkRun()), ...(await checkBegun(keeper, id, 2))];
      },
    };
  },
});

const stop: Verb = {
  name: "stop",
  async prepare(keeper) {
    const { client } = keeper;
    const id = await spawned(keeper, "long");
    const waited = waitFor(client, [id], { exit: true, timeout: WAIT_MS });
    waited.catch(() => {}); // it is looked at below
    return {
      act: () => client.stop(id, { grace: 500 }),
      async check() {
        const failures = [...livingOf(keeper, id), ...(await checkBegun(keeper, id, 1))];
        const { status, runs } = await client.show(id);
        if (status !== "killed" || runs[0]?.exit === undefined) failures.push(`${id} was stopped and is ${status}`);
        const { why } = await waited;
        if (why !== "settled") failures.push(`the wait for ${id} ended with ${why}`);
        return failures;
      },
    };
  },
};

const rm = (kind: "quick" | "long"): Verb => ({
  name: `rm ${kind}`,
  async prepare(keeper) {
    const { client } = keeper;
    const id = await spawned(keeper, kind);
    return {
      act: () => client.remove(id, { force: kind === "long" }),
      async check() {
        const failures = livingOf(keeper, id);
        if (existsSync(keeper.folderOf(id))) failures.push(`${id} was removed and has a folder`);
        const { agents, problems } = await client.list();
        if (agents.some((agent) => agent.id === id)) failures.push(`${id} was removed and is listed`);
        for (const { path, message } of problems) failures.push(`${path}: ${message}`);
        return [...failures, ...(await checkBegun(keeper, id, 1))];
      },
    };
  },
});

export const VERBS: readonly Verb[] = [
  spawn("quick"),
  send("ended"),
  resume("reader"),
  stop,
  rm("long"),
  spawn("long"),
  send("alive"),
  resume("quick"),
  rm("quick"),
];

/** Each run was begun once: so many of this agent's. */
async function checkBegun(keeper: Keeper, id: string, runs: number): Promise<string[]> {
  await eventually(
    () => begunOf(keeper, id).length,
    (count) => count >= runs,
  );
  const marks = begunOf(keeper, id).map(({ mark }) => mark);
  return marks.length === runs && new Set(marks).size === runs ? [] : [`${id} began ${marks.join(" ")}`];
}

async function checkEnd(keeper: Keeper, id: string, runs: number): Promise<string[]> {
  const { why } = await waitFor(keeper.client, [id], { exit: true, timeout: WAIT_MS });
  if (why !== "settled") return [`the wait for ${id} ended with ${why}`];
  const agent = await keeper.client.show(id);
  // A run that was written down and never began is told as such, and is none of those that were asked for.
  const ends = agent.runs
    .map(({ exit }) => `${exit?.reason} ${exit?.code}`)
    .filter((end) => !end.startsWith("failed_to_start"));
  const wanted = Array.from({ length: runs }, () => `exit ${CODE}`);
  return ends.join() === wanted.join() && agent.status === "failed"
    ? []
    : [`${id} is ${agent.status}, its runs ended with ${ends.join()}`];
}

const livingOf = (keeper: Keeper, id: string): string[] =>
  begunOf(keeper, id)
    .filter(({ pid }) => statOf(pid)?.zombie === false)
    .map(({ pid }) => `${id}'s child ${pid} lives on`);

export function wordsOf(keeper: Keeper, id: string): string[] {
  const folder = keeper.folderOf(id);
  return listRuns(folder).flatMap((run) => {
    const out = join(folder, "runs", String(run).padStart(6, "0"), "out");
    return existsSync(out) ? readFileSync(out, "utf8").split("\n") : [];
  });
}
