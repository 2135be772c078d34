/** What must hold of a whole root after its rounds: looked for in its files and among the processes, after all was stopped. */
import { readDetail } from "../../../src/swarm/reload.ts";
import { reasonOf } from "../../../src/errors.ts";
import type { Keeper } from "../keeper.ts";
import { eventually } from "../root.ts";
import { startedWith } from "../stage.ts";
import { wordsOf } from "./round.ts";

export async function checkRoot(keeper: Keeper): Promise<string[]> {
  const failures: string[] = [];
  const { client, tools, root } = keeper;
  const fail = (text: string): void => void failures.push(`${root}: ${text}`);
  try {
    const before = await client.list();
    for (const { id, status } of before.agents) if (status === "running") await client.stop(id, { grace: 500 });
    const { agents, problems } = await client.list();
    for (const { path, message } of problems) fail(`${path}: ${message}`);
    const begun = keeper.begun();
    const marks = begun.map(({ mark }) => mark);
    for (const mark of marks.filter((one, at) => marks.indexOf(one) !== at)) fail(`${mark} began twice`);
    for (const { id } of agents) {
      const { status, runs, messages } = await readDetail(tools, id);
      if (status === "running" || status === "pending") fail(`${id} is ${status} after it was stopped`);
      if (runs.length === 0) fail(`${id} has no run`);
      for (const { run, exit } of runs) if (exit === undefined) fail(`${id}: run ${run} has no end`);
      if (status === "done" && !begun.some((one) => one.id === id)) fail(`${id} is done and never began`);
      for (const message of messages) if (message.state === "queued") fail(`${id}: ${message.id} waits still`);
      const words = wordsOf(keeper, id).filter((line) => line.startsWith("got "));
      for (const word of words.filter((one, at) => words.indexOf(one) !== at)) fail(`${id} heard twice: ${word}`);
    }
  } catch (error) {
    fail(`it could not be checked: ${reasonOf(error)}`);
  }
  await keeper.close();
  try {
    await eventually(
      () => startedWith(keeper.env, "FAULT_ROOT").map(({ pid }) => pid),
      (pids) => pids.length === 0,
      10_000,
    );
  } catch (error) {
    fail(`processes are left behind: ${reasonOf(error)}`);
  }
  return failures;
}
