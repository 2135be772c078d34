import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { detailSchema } from "../../src/core/snapshot-schema.ts";
import { isAlive, readSystem } from "../../src/process/liveness.ts";
import { readChild, readClaim, readExit, type RunPaths, runPaths } from "../../src/process/run-files.ts";
import type { Detail } from "../../src/types.ts";
import { faultySkep } from "./faulty-build.ts";
import { eventually, kill, openRoot, type Root } from "./root.ts";
import type { Scenario, Stage } from "./scenario.ts";

/** How a child ends, and what its exit is to be. */
const ENDINGS: readonly { readonly name: string; readonly code: number; readonly signal?: NodeJS.Signals }[] = [
  ...[0, 1, 7, 126, 127, 137].map((code) => ({ name: String(code), code })),
  { name: "SIGINT", code: 130, signal: "SIGINT" },
  { name: "SIGTERM", code: 143, signal: "SIGTERM" },
  { name: "SIGKILL", code: 137, signal: "SIGKILL" },
  { name: "SIGSEGV", code: 139, signal: "SIGSEGV" },
];
const SUPERVISOR = ["alive", "dead", "stopped"] as const;
type How = (typeof SUPERVISOR)[number];

const SHELLS: readonly { readonly name: string; readonly path: string }[] = [
  { name: "dash", path: "/bin/dash" },
  { name: "bash", path: "/bin/bash" },
  { name: "busybox", path: "/bin/busybox" },
];
const present = SHELLS.filter(({ path }) => existsSync(path));
const absent = SHELLS.filter(({ path }) => !existsSync(path)).map(({ name }) => name);

export const scenario: Scenario = {
  name: "exits",
  what: `children end with ${ENDINGS.map(({ name }) => name).join(", ")} while the supervisor is ${SUPERVISOR.join(", ")}, under dash, bash and busybox; shims are killed`,
  holds: "each exit as it was; of a killed shim's child unknown, never 0",
  counted: "exits",
  short: 30,
  full: 90,
  atLeast: (count) => count,
  happening: "of them while it was so",
  async run(stage) {
    const pairs = SUPERVISOR.flatMap((how) => present.map((shell) => ({ how, shell })));
    // The short form takes a diagonal: each state and each shell once.
    const wanted = Math.ceil(stage.count / ENDINGS.length);
    const chosen =
      wanted >= pairs.length ? pairs : pairs.filter((_, at) => at % (present.length + 1) === 0).slice(0, wanted);
    const sum = { done: 0, happened: 0, failures: [] as string[] };
    let shims = 0;
    for (const { how, shell } of chosen) {
      if (stage.isLate()) break;
      const { happened, failures } = await endAll(stage, how, shell);
      sum.done += ENDINGS.length;
      sum.happened += happened;
      shims += 2;
      sum.failures.push(...failures.map((failure) => `${shell.name}, supervisor ${how}: ${failure}`));
      stage.log(`${shell.name}, ${how}: ${sum.done} exits, ${sum.failures.length} failed`);
    }
    const notes = { "shims killed": shims, ...(absent.length === 0 ? {} : { "not here": absent.join(" ") }) };
    return { ...sum, notes };
  },
};

async function endAll(
  stage: Stage,
  how: How,
  shell: (typeof SHELLS)[number],
): Promise<{ happened: number; failures: string[] }> {
  const box = openBox(stage, how, shell);
  const go = join(stage.folder, `go-${how}-${shell.name}`);
  let supervisor = await box.start();
  const waits = `while ! [ -e ${go} ]; do sleep 0.05; done; `;
  const spawn = (script: string): Promise<string> => box.ok("spawn", "--", "sh", "-c", script);
  const ids = await Promise.all(
    ENDINGS.map(({ code, signal }) => spawn(signal === undefined ? `${waits}exit ${code}` : `${waits}exec sleep 600`)),
  );
  const victims = await Promise.all([0, 3].map((code) => spawn(`${waits}exit ${code}`)));
  const pathsOf = (id: string): RunPaths => runPaths(box.folderOf(id), 1);
  const failures: string[] = [];
  for (const id of [...ids, ...victims])
    await eventually(
      () => readChild(pathsOf(id)),
      (child) => child !== undefined,
    );
  for (const id of victims) {
    const claim = readClaim(pathsOf(id));
    if (claim === undefined || claim === "empty" || claim.by !== "shim") failures.push(`${id} has no shim`);
    else process.kill(claim.shim.pid, "SIGKILL");
  }
  if (how === "dead") await kill(supervisor);
  if (how === "stopped") await stop(supervisor);
  writeFileSync(go, "");
  for (const [at, { signal }] of ENDINGS.entries())
    if (signal !== undefined) await signalChild(pathsOf(ids[at] ?? ""), signal);
  await eventually(
    () => ids.filter((id) => readExit(pathsOf(id)) === undefined),
    ({ length }) => length === 0,
  );
  await eventually(
    () => victims.map((id) => readChild(pathsOf(id))),
    (all) => all.every((one) => one !== undefined && !isAlive(one)),
  );
  const happened = isSo(supervisor, how) ? ENDINGS.length : 0;
  // A reader knows it too, with nobody there to ask.
  for (const [at, id] of ids.entries()) failures.push(...differs(await show(box, id), ENDINGS[at], "read"));
  if (how === "stopped") supervisor.kill("SIGCONT");
  if (how === "dead") supervisor = await box.start();
  for (const [at, id] of ids.entries()) {
    await box.run(["wait", "--exit", id]);
    failures.push(...differs(await show(box, id), ENDINGS[at], "kept"));
  }
  for (const id of victims) {
    await box.run(["wait", "--exit", id]);
    const { status, exit_code, runs } = await eventually(
      () => show(box, id),
      ({ status: now }) => now !== "running",
    );
    if (status !== "detached" || exit_code !== undefined || runs[0]?.exit?.reason !== "lost")
      failures.push(`a killed shim's child is ${status}, exit ${exit_code}, ${runs[0]?.exit?.reason}`);
    const { code } = await box.run(["wait", "-x", id]);
    if (code === 0) failures.push("wait calls a killed shim's child a success");
  }
  await kill(supervisor);
  return { happened, failures };
}

function openBox(stage: Stage, how: How, shell: (typeof SHELLS)[number]): Root {
  const name = `root-${how}-${shell.name}`;
  if (shell.name === "bash") return openRoot(stage, name);
  // busybox is a shell by the name it is called.
  const link = join(stage.folder, `${name}-sh`, "sh");
  mkdirSync(join(stage.folder, `${name}-sh`));
  symlinkSync(shell.path, link);
  return openRoot({ ...stage, skep: faultySkep() }, name, { FAULT_SHELL: link });
}

async function show(box: Root, id: string): Promise<Detail> {
  return v.parse(detailSchema, JSON.parse(await box.ok("show", "--json", id)));
}

function differs(agent: Detail, ending: (typeof ENDINGS)[number] | undefined, who: string): string[] {
  const status = ending?.code === 0 ? "done" : "failed";
  if (agent.status === status && agent.exit_code === ending?.code && agent.runs[0]?.exit?.reason === "exit") return [];
  const seen = `${agent.status}, exit ${agent.exit_code}, ${agent.runs[0]?.exit?.reason}`;
  return [`${who}: ${ending?.name} is told as ${seen}`];
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill("SIGSTOP");
  await eventually(() => isSo(child, "stopped"), Boolean);
}

const isSo = ({ pid = 0 }: ChildProcess, how: How): boolean => {
  const state = stateOf(pid);
  return how === "dead"
    ? state === undefined
    : how === "stopped"
      ? state === "T"
      : state !== undefined && state !== "T";
};

/** As /proc tells it: T is stopped. */
const stateOf = (pid: number): string | undefined =>
  readSystem(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, "")
    .charAt(0);

/** Once it has become what is to be ended. */
async function signalChild(paths: RunPaths, signal: NodeJS.Signals): Promise<void> {
  const pid = readChild(paths)?.pid ?? 0;
  await eventually(
    () => readSystem(`/proc/${pid}/comm`)?.trim(),
    (name) => name === "sleep",
  );
  process.kill(pid, signal);
}
