/**
 * Files as a crash, a bad disk or a careless hand leaves them: cut at every byte, with NULs, with garbage or a doubled part
 * behind the cut. Most are read in this process by the code that `ls` and the supervisor read by, a sample by the binary,
 * and a sample is taken over by a supervisor.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { listMutants, makeMutant, type Mutant } from "./mutants/damage.ts";
import { differences, type Look, openReader, traceOf } from "./mutants/reader.ts";
import { makeVictims, type Victim, writeAnew } from "./mutants/victims.ts";
import { takeIn } from "./mutants/writer.ts";
import { superviseMutant } from "./mutants/supervise.ts";
import type { Scenario } from "./scenario.ts";
import { skepIn } from "./skep.ts";

const PER_WRITER = 4; // one in so many is also written on
const PER_BINARY = 500;
const PER_SUPERVISOR = 100; // of agents without messages: one whose fate a damage took from the log is handed over again

export const scenario: Scenario = {
  name: "mutants",
  what: "files of an agent cut at every byte, with NULs, garbage or a doubled part behind",
  holds:
    "no crash, it is listed or told as corrupt, never as a success nor started twice; the others untouched; the log is mended by its writer alone and never shortened",
  counted: "mutants",
  short: 500,
  full: 50_000,
  atLeast: (count) => Math.floor(count / 60),
  happening: "logs mended",
  async run({ count, folder, env, skep, next, log }) {
    const root = join(folder, "root");
    const run = skepIn({ skep, env: { ...env, SKEP_ROOT: root }, cwd: folder });
    const victims = await makeVictims(run, root);
    const reader = await openReader(root);
    const before = await reader.look();
    const failures: string[] = [];
    const sums = { mended: 0, binary: 0, supervised: 0, told: 0 };
    const mutants = listMutants(victims, count, next);
    log(`${mutants.length} mutants of ${victims.length} agents`);
    for (const [at, mutant] of mutants.entries()) {
      const { victim, file } = mutant;
      const path = join(victim.folder, file);
      const whole = readFileSync(path);
      const fail = (why: string): void => void failures.push(`${describe(mutant)}: ${why}`);
      writeAnew(path, makeMutant(mutant, whole));
      try {
        const trace = traceOf(root);
        const seen = await reader.look();
        if (traceOf(root) !== trace) fail("reading changed something");
        for (const why of judge(victim, file, before, seen)) fail(why);
        if (seen.problems.length > 0) sums.told += 1;
        if (at % PER_BINARY === 0) {
          sums.binary += 1;
          const shown = await run("ls", "--all", "--json");
          const agents = shown.code === 0 ? (JSON.parse(shown.stdout) as Look["agents"]) : [];
          if (shown.code !== 0) fail(`ls ended with ${shown.code}: ${shown.stderr}`);
          for (const why of differences(seen.agents, agents)) fail(`ls: ${why}`);
        }
        if (at % PER_SUPERVISOR === 0 && !victim.files.includes("inbox.jsonl")) {
          sums.supervised += 1;
          for (const why of await superviseMutant(root, victim)) fail(`supervised: ${why}`);
        } else if (at % PER_WRITER === 0 && seen.agents.some(({ id }) => id === victim.id)) {
          const { mended, problems } = await takeIn(reader, victim, mutant.kind === "nul hole");
          if (mended) sums.mended += 1;
          for (const why of problems) fail(`written on: ${why}`);
        }
      } catch (error) {
        fail(error instanceof Error ? (error.stack ?? error.message) : String(error));
      } finally {
        victim.restore();
      }
      if (failures.length > 50) break;
      if (at % 5_000 === 4_999) log(`${at + 1}`);
    }
    const after = await reader.look();
    for (const why of differences(before.agents, after.agents)) failures.push(`at the end: ${why}`);
    await run("stop", "--all", "-y", "--grace", "200ms");
    await run("supervisor", "stop");
    const { mended, binary, supervised, told } = sums;
    return {
      done: mutants.length,
      happened: mended,
      failures,
      notes: { "told as corrupt": told, "read by the binary": binary, "taken over by a supervisor": supervised },
    };
  },
};

const describe = ({ victim, file, kind, at, seed }: Mutant): string =>
  `${victim.name}/${file} ${kind} at ${at}, seed ${seed}`;

/** What may be shown of the agent whose file it was, and that nobody else has changed. */
function judge(victim: Victim, file: string, before: Look, seen: Look): string[] {
  const others = (look: Look): Look["agents"] => look.agents.filter(({ id }) => id !== victim.id);
  const wrong = differences(others(before), others(seen));
  const shown = seen.agents.find(({ id }) => id === victim.id);
  const told = seen.problems.some(({ path }) => path.startsWith(`${victim.folder}/`));
  const strangers = seen.problems.filter(({ path }) => !path.startsWith(`${victim.folder}/`));
  if (strangers.length > 0) wrong.push(`a problem of another: ${strangers[0]?.message}`);
  if (shown === undefined && !(file === "meta.json" && told)) wrong.push("it is not listed");
  if (shown !== undefined && !victim.shown.includes(shown.status)) wrong.push(`it is shown as ${shown.status}`);
  if (file.endsWith("/intent.json") && !told && existsSync(join(victim.folder, file)) && victim.newest === file)
    wrong.push("its damaged intent is not told");
  return wrong;
}
