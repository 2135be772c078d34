/** What is done while an operation fails, and what must be true afterwards. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { reasonOf } from "../../../src/errors.ts";
import { runPaths } from "../../../src/process/run-files.ts";
import { remainsOf } from "../../remains.ts";
import { until } from "../../sandbox.ts";
import { linesIn, type Stand, touch } from "./stand.ts";

/** How the work went: what it gave, or what the user was told. */
export type Answer = { readonly well: true } | { readonly well: false; readonly told: string };

export interface Trial {
  readonly name: string;
  /** Before anything fails. Gives the agent's id. */
  prepare(stand: Stand, id: string): Promise<void>;
  /** While the operation fails. */
  act(stand: Stand, id: string): Promise<void>;
  /** When nothing fails any more: what is wrong. */
  check(stand: Stand, id: string, answer: Answer): Promise<readonly string[]>;
}

const LINES = 20;
const mark = (stand: Stand, id: string): string => join(stand.folder, `${id}.starts`);
const gate = (stand: Stand, id: string): string => join(stand.folder, `${id}.gate`);
const child = (stand: Stand, id: string, then: string): string[] => [
  "sh",
  "-c",
  `echo $$ >>${mark(stand, id)}; ${then}`,
];
const starts = (stand: Stand, id: string): number => linesIn(mark(stand, id)).length;
const out = (stand: Stand, id: string): string[] => linesIn(runPaths(join(stand.root, "agents", id), 1).out);
const found = async (stand: Stand, id: string): Promise<boolean> =>
  (await stand.list()).some((agent) => agent.id === id);
const expect = (holds: boolean, why: string): string[] => (holds ? [] : [why]);

/** Waits for the end of the newest run, and tells how the agent is shown then. */
async function ended(stand: Stand, id: string): Promise<string> {
  const agent = await until(
    () => stand.swarm.show(id),
    ({ phase }) => phase === "ended",
  );
  return `${agent.status} ${agent.exit_code ?? ""}`.trim();
}
/** Shown alike by the supervisor and by a reader of the files. */
async function alike(stand: Stand, id: string): Promise<string[]> {
  const { status, run, tail, exit_code: code } = await stand.swarm.show(id);
  const read = (await stand.list()).find((agent) => agent.id === id);
  const told = JSON.stringify([status, run, tail, code]);
  const seen = JSON.stringify([read?.status, read?.run, read?.tail, read?.exit_code]);
  return expect(told === seen, `the supervisor says ${told}, the files ${seen}`);
}

const spawnTrial: Trial = {
  name: "spawn",
  prepare: async () => {},
  act: async (stand, id) => void (await stand.spawn(id, child(stand, id, "exit 3"))),
  async check(stand, id, answer) {
    const wrong: string[] = [];
    if (answer.well || (await found(stand, id))) {
      // One that was refused may be there as such; never as fine, and not half.
      const shown = await until(
        async () => (await stand.list()).find((agent) => agent.id === id),
        (agent) => agent === undefined || agent.phase === "ended",
      );
      if (shown !== undefined && shown.status !== "failed") wrong.push(`it is shown as ${shown.status}`);
      if (answer.well && shown === undefined) wrong.push("what was acknowledged is not there");
    }
    if (answer.well) wrong.push(...expect((await ended(stand, id)) === "failed 3", "it did not run to its end"));
    await stand.spawn(id, child(stand, id, "exit 3")); // the same wish once more
    const last = await ended(stand, id);
    wrong.push(...expect(last === "failed 3", `repeated it is ${last}`));
    wrong.push(...expect(starts(stand, id) === 1, `it was started ${starts(stand, id)} times`));
    return [...wrong, ...(await alike(stand, id))];
  },
};

const ingest: Trial = {
  name: "ingest",
  async prepare(stand, id) {
    const loop = `i=0; while [ $i -lt ${LINES} ]; do echo "line $i"; i=$((i+1)); [ $i = 10 ] && sleep 0.02; done`;
    await stand.spawn(
      id,
      child(stand, id, `until [ -e ${gate(stand, id)} ]; do sleep 0.01; done; ${loop}; echo bad >&2; exit 3`),
    );
    await until(
      () => starts(stand, id),
      (count) => count === 1,
    );
  },
  async act(stand, id) {
    touch(gate(stand, id));
    await until(() => existsSync(runPaths(join(stand.root, "agents", id), 1).exit), Boolean);
    await until(Date.now, after(100));
  },
  async check(stand, id) {
    const last = await ended(stand, id);
    const log = linesIn(join(stand.root, "agents", id, "events.jsonl"));
    // What a short write tore may hold a text, and is none of the log's lines.
    const texts = log.flatMap((line) => /^\{.*"text":"(line \d+)".*\}\}$/.exec(line)?.[1] ?? []);
    const wanted = Array.from({ length: LINES }, (_, at) => `line ${at}`);
    return [
      ...expect(last === "failed 3", `it is ${last}`),
      ...expect(texts.join() === wanted.join(), `its log has ${texts.join()}`),
      ...(await alike(stand, id)),
    ];
  },
};
const after = (ms: number): ((now: number) => boolean) => {
  const end = Date.now() + ms;
  return (now) => now >= end;
};

const send: Trial = {
  name: "send",
  async prepare(stand, id) {
    await stand.spawn(id, child(stand, id, "cat"), { stdin: true });
    await until(
      () => stand.swarm.show(id),
      ({ phase }) => phase === "idle",
    );
  },
  async act(stand, id) {
    await stand.swarm.send(id, "first", { message: `m-${id}-1` }, stand.caller);
    await until(Date.now, after(50));
  },
  async check(stand, id) {
    await stand.swarm.send(id, "first", { message: `m-${id}-1` }, stand.caller); // the same wish once more
    await stand.swarm.send(id, "second", { message: `m-${id}-2` }, stand.caller);
    const said = await until(
      () => out(stand, id),
      (lines) => lines.includes("second"),
    ).catch(() => out(stand, id));
    const done = await until(
      async () => (await stand.swarm.show(id)).messages.filter(({ state }) => state === "done").length,
      (count) => count === 2, // the task of a command is its command line: it stays delivered
    ).catch(() => 0);
    const wrong = [
      ...expect(said.join() === "first,second", `the child was told ${said.join()}`),
      ...expect(
        done === 2,
        `messages stand as ${(await stand.swarm.show(id)).messages.map(({ state }) => state).join()}`,
      ),
      ...(await alike(stand, id)),
    ];
    await stand.swarm.stop(id, { grace: 200, by: "suite" });
    return wrong;
  },
};

const resume: Trial = {
  name: "resume",
  async prepare(stand, id) {
    await stand.spawn(id, child(stand, id, "exit 3"));
    await ended(stand, id);
  },
  act: async (stand, id) => void (await stand.swarm.resume(id, { request: `r-${id}` }, stand.caller)),
  async check(stand, id, answer) {
    const wrong: string[] = [];
    if (answer.well) wrong.push(...expect((await ended(stand, id)) === "failed 3", "it did not run to its end"));
    // The same wish once more; what was written down of the first one has come to an end by then.
    if (!answer.well) await ended(stand, id);
    await stand.swarm.resume(id, { request: `r-${id}` }, stand.caller);
    const last = await ended(stand, id);
    const count = starts(stand, id);
    wrong.push(...expect(last === "failed 3" || !answer.well, `repeated it is ${last}`));
    if (count === 1) {
      // The first try was given up, and is remembered as such: another wish starts it.
      await stand.swarm.resume(id, { request: `r-${id}-2` }, stand.caller);
      wrong.push(...expect((await ended(stand, id)) === "failed 3", "another resume did not start it"));
    }
    wrong.push(...expect(starts(stand, id) === 2, `it was started ${starts(stand, id)} times`));
    return [...wrong, ...(await alike(stand, id))];
  },
};

const stop: Trial = {
  name: "stop",
  async prepare(stand, id) {
    await stand.spawn(id, child(stand, id, "sleep 1000"));
    await until(
      () => starts(stand, id),
      (count) => count === 1,
    );
  },
  act: async (stand, id) => void (await stand.swarm.stop(id, { grace: 200, by: "suite" })),
  async check(stand, id, answer) {
    const left = (): number => remainsOf(stand.root, id).length;
    const wrong = expect(!answer.well || left() === 0, `${left()} processes outlived a stop that returned`);
    const { status } = await stand.swarm.stop(id, { grace: 200, by: "suite" });
    return [
      ...wrong,
      ...expect(status === "killed", `it is ${status}`),
      ...expect(left() === 0, "it outlived the second stop"),
      ...(await alike(stand, id)),
    ];
  },
};

const rm: Trial = {
  name: "rm",
  async prepare(stand, id) {
    await stand.spawn(id, child(stand, id, "echo said; exit 3"));
    await ended(stand, id);
  },
  act: (stand, id) => stand.swarm.remove(id, { by: "suite" }),
  async check(stand, id, answer) {
    const folder = join(stand.root, "agents", id);
    const there = existsSync(folder);
    const wrong = expect(!(answer.well && there), "what was removed is there");
    if (there) {
      // Before: all of it.
      const shown = await ended(stand, id);
      wrong.push(
        ...expect(shown === "failed 3", `it is ${shown}`),
        ...expect(out(stand, id).join() === "said", "its output is gone"),
      );
    }
    await stand.swarm.remove(id, { by: "suite" }).catch((error: unknown) => {
      if (there || !reasonOf(error).includes(id)) wrong.push(`it cannot be removed any more: ${reasonOf(error)}`);
    });
    return [...wrong, ...expect(!existsSync(folder) && !(await found(stand, id)), "it is still there")];
  },
};

const start: Trial = {
  name: "start",
  async prepare(stand, id) {
    await stand.spawn(id, child(stand, id, "exit 3"));
    await ended(stand, id);
    await stand.spawn(`${id}-live`, child(stand, `${id}-live`, "echo here; sleep 1000"));
    await until(
      () => stand.swarm.show(`${id}-live`),
      ({ tail }) => tail.includes("here"),
    );
    await stand.kill();
  },
  async act(stand) {
    const { said } = await stand.launch();
    if (said !== undefined) throw new Error(said);
  },
  async check(stand, id) {
    if (!stand.lives()) await stand.launch();
    const [ends, lives] = [await ended(stand, id), await stand.swarm.show(`${id}-live`)];
    const wrong = [
      ...expect(ends === "failed 3", `it is ${ends}`),
      ...expect(lives.status === "running", `it is ${lives.status}`),
      ...expect(starts(stand, `${id}-live`) === 1, "it was started a second time"),
    ];
    await stand.swarm.remove(`${id}-live`, { force: true, by: "suite" });
    const trash = join(stand.root, "trash");
    return [...wrong, ...expect(!existsSync(trash) || readdirSync(trash).length === 0, "the trash is not empty")];
  },
};

export const TRIALS: readonly Trial[] = [spawnTrial, ingest, send, resume, stop, rm, start];
