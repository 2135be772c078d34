import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { makeId, slug } from "../../core/id.ts";
import { existsAlready, recordingCut, systemCode } from "../../errors.ts";
import { openStore } from "../../store/fs-store.ts";
import { openSwarm } from "../../supervisor/open-swarm.ts";
import type { Swarm } from "../../swarm/api.ts";
import { callerOf } from "../../swarm/caller.ts";
import { loadPlugins } from "../../swarm/load-plugins.ts";
import { rawOutput } from "../../swarm/raw-output.ts";
import { waitFor } from "../../swarm/wait.ts";
import type { Snapshot } from "../../types.ts";
import type { Options } from "../args.ts";
import type { Command } from "../command.ts";
import { printJson } from "../print-json.ts";
import { scrub, thisMachine } from "../scrub.ts";
import { readSpawn, type SpawnWish } from "../spawn-request.ts";

export const record: Command = {
  async run(context) {
    const { args, settings, output, talk } = context;
    const { env } = settings;
    const [name = "", ...task] = args.positionals;
    const warn = (text: string): void => void talk.warn(text);
    const plugins = await loadPlugins({ files: settings.plugins, env, warn });
    const options = withRunner(args.options, name);
    const wish = await readSpawn({ ...context, args: { ...args, positionals: task, options } }, plugins);
    const { output: form } = await plugins.runner(wish.request.runner, env);
    const path = resolve(
      settings.cwd,
      args.options.value("out") ?? `${slug(`${name} ${task.join(" ")}`)}.${form === "text" ? "txt" : "jsonl"}`,
    );
    const root = mkdtempSync(join(tmpdir(), "skep-record-"));
    try {
      const swarm = await openSwarm({ root, pluginFiles: settings.plugins, env, warn });
      let ended: Snapshot;
      try {
        ended = await runOnce(swarm, wish);
      } finally {
        await swarm.close();
      }
      const machine = thisMachine(wish.env, wish.request.dir, root, wish.options.envNames);
      const chunks: Buffer[] = [];
      await rawOutput(openStore(root), ended.id, async (bytes) => void chunks.push(bytes));
      keep(path, scrub(Buffer.concat(chunks).toString("utf8"), machine));
      if (settings.json) await printJson(output, { path, agent: ended });
      else await output.write(`${path}\n`);
      const exit = ended.exit_code === undefined ? "" : ` --exit ${ended.exit_code}`;
      await talk.notice(
        `${ended.activity}; read it before you share it, then: skep plugins test ${name} ${path}${exit} --update`,
      );
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
};

/** The runner stands where other verbs have the agent. */
const withRunner = (options: Options, runner: string): Options => ({
  has: (name) => options.has(name),
  values: (name) => options.values(name),
  value: (name) => (name === "runner" ? runner : options.value(name)),
});

/** Until the agent is idle, has ended or waits for a person; then it is stopped, also when this is interrupted. */
async function runOnce(swarm: Swarm, { request, options, env }: SpawnWish): Promise<Snapshot> {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.once("SIGINT", stop);
  const caller = { ...callerOf(env), env };
  // Its id may stand in what it prints: the same one each time.
  const { id } = await swarm.spawn(request, { ...options, id: makeId("recorded", "000000") }, caller);
  try {
    const { signal } = stopping;
    if (signal.aborted) throw recordingCut(); // while it was started
    const { why } = await waitFor(swarm, [id], { signal });
    if (why === "aborted") throw recordingCut();
  } finally {
    process.off("SIGINT", stop);
    await swarm.stop(id, { by: caller.by });
  }
  return swarm.show(id);
}

function keep(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: "wx" });
  } catch (error) {
    throw systemCode(error) === "EEXIST" ? existsAlready(path) : error;
  }
}
