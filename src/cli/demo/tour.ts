/** The tour: a swarm whose supervisor is killed, and that loses no child, no line and no status. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { lives, readAgents, readPid, type SeenAgent, type Stage, until } from "./stage.ts";

type Say = (text: string) => Promise<void>;

const LINES = 40;
/** A command that writes so many lines, and goes on until the gate opens: however slow the machine is, it outlives the kill. */
const command = (gate: string): string =>
  `i=1; while [ $i -le ${LINES} ] || [ ! -e ${gate} ]; do echo "line $i"; i=$((i+1)); sleep 0.05; done`;
const linesUpTo = (last: number): string => Array.from({ length: last }, (_, at) => `line ${at + 1}`).join("\n");

export async function playTour(stage: Stage, say: Say, print: Say): Promise<void> {
  const gate = join(stage.folder, "gate");
  const end = join(stage.folder, "end");
  const agents = async (): Promise<ReadonlyMap<string, SeenAgent>> => {
    const { stdout } = await stage.run("ls", "--all", "--json");
    return new Map(readAgents(stdout).map((agent) => [agent.id, agent]));
  };
  const look = async (id: string): Promise<SeenAgent | undefined> => (await quietly(stage, id)).get(id);
  const spawn = async (...words: readonly string[]): Promise<string> => {
    const { stdout, stderr, code } = await stage.run("spawn", ...words);
    await stage.check(`an agent: ${stdout.trim()}`, code === 0, stderr);
    return stdout.trim();
  };

  await print("\n1. Five demo agents and one real command\n");
  const writer = await spawn("-r", "demo", "-n", "writer", `steps:30:50 wait-file:${gate}`);
  const talker = await spawn("-r", "demo", "-n", "talker", "say hello");
  const failer = await spawn("-r", "demo", "-n", "failer", "fail:3");
  const leaver = await spawn("-r", "demo", "-n", "leaver", "background");
  const victim = await spawn("-r", "demo", "-n", "victim", "sleep:60000");
  const real = await spawn("-n", "real", "--", "sh", "-c", command(end));
  const all = [writer, talker, failer, leaver, victim, real];
  const follower = stage.follow("logs", "-f", real);
  await until(
    () => follower.lines().length,
    (count) => count > 2,
  );
  await print(indent((await stage.run("ls")).stdout));

  await print("\n2. The supervisor is killed with SIGKILL\n");
  const pid = readPid((await stage.run("supervisor", "status", "--json")).stdout);
  const begun = [writer, talker, leaver, victim, real];
  const before = await until(agents, (seen) => begun.every((id) => seen.get(id)?.pid !== undefined));
  const alive = begun.map((id) => before.get(id)?.pid ?? 0);
  process.kill(pid, "SIGKILL");
  await say(`$ kill -9 ${pid}`);
  await until(
    () => lives(pid),
    (still) => !still,
  );
  await stage.check("the supervisor is dead", !lives(pid));
  await stage.check(
    "all five children live",
    alive.every((child) => child > 0 && lives(child)),
    alive,
  );
  const known = follower.lines().length;
  const grown = await until(
    () => follower.lines().length,
    (count) => count >= known + 5,
  );
  await stage.check(`they go on writing, and logs -f shows it: ${known} lines, then ${grown}`, grown >= known + 5);
  const unwatched = await stage.run("ls");
  await print(indent(unwatched.stdout));
  await print(indent(unwatched.stderr));
  const meanwhile = await agents();
  const running = [...meanwhile.values()].filter(({ status }) => status === "running").map((agent) => agent.pid ?? 0);
  await stage.check(
    "ls is right though nobody watches: five run",
    alive.every((child) => running.includes(child)),
    running,
  );

  await print("\n3. A new supervisor takes them over\n");
  const fresh = readPid((await stage.run("supervisor", "start", "--json")).stdout);
  await stage.check(`a new supervisor: ${fresh}`, fresh !== pid && lives(fresh));
  writeFileSync(end, "");
  const waited = await stage.run("wait", real);
  await stage.check("the command ends with 0", waited.code === 0, waited.stderr);
  const logged = (await stage.run("logs", real)).stdout.trim();
  const count = logged.split("\n").length;
  const whole = count >= LINES && logged === linesUpTo(count);
  await stage.check(`each of its ${count} lines is in the log, once and in order`, whole, logged);
  const followed = await until(
    () => follower.lines(),
    (lines) => lines.length >= count,
  );
  await stage.check("logs -f, begun before the kill, saw the same", followed.join("\n") === logged, followed);

  await print("\n4. A message to a busy agent, and one to an ended agent\n");
  const busy = await stage.run("send", writer, "and then this");
  await stage.check(
    "the message is kept while its turn goes on",
    busy.code === 0 && (await look(writer))?.phase === "working",
    busy.stderr,
  );
  writeFileSync(gate, "");
  const told = await until(
    () => look(writer),
    (agent) => agent?.turns === 2 && agent.phase === "idle",
  );
  await stage.check("it is answered after the turn", told?.last_assistant === "echo: and then this (turn 2)", told);
  const failed = await look(failer);
  await stage.check("one agent has failed with 3", failed?.status === "failed" && failed.exit_code === 3, failed);
  const again = await stage.run("send", "-w", failer, "try again");
  await stage.check(
    "a message resumes it, on its conversation",
    again.stdout.trim() === "echo: try again (turn 2)",
    again,
  );

  await print("\n5. One is killed from outside, one is stopped\n");
  const target = before.get(victim)?.pid;
  await say(`$ kill -9 ${target}`);
  if (target !== undefined) process.kill(target, "SIGKILL");
  const killed = await until(
    () => look(victim),
    (agent) => agent?.phase === "ended",
  );
  await stage.check(
    "the status says so: exit 137, failed",
    killed?.status === "failed" && killed.exit_code === 137,
    killed,
  );
  const left = Number(/\d+/.exec((await look(leaver))?.tail.find((line) => line.startsWith("background ")) ?? "")?.[0]);
  await stage.check(`an agent has left a process behind: ${left}`, lives(left), (await look(leaver))?.tail);
  const stopped = await stage.run("stop", leaver);
  await stage.check("stop ends it, and what it started", stopped.code === 0 && !lives(left), stopped.stderr);

  await print("\n6. All are resumed on their conversations\n");
  const ended = [...(await agents()).values()].filter(({ phase }) => phase === "ended").map(({ id }) => id);
  const resumed = await stage.run("resume", "-y", ...ended);
  await stage.check(`${ended.length} are resumed`, resumed.code === 0, resumed.stderr);
  const turns = new Map([...(await agents())].map(([id, agent]) => [id, agent.turns]));
  for (const id of all.filter((one) => one !== real)) {
    const answer = await stage.run("send", "-w", id, "where were we?");
    const turn = id === victim ? 1 : (turns.get(id) ?? 0) + 1;
    await stage.check(
      `${id.replace(/-.*/, "")} goes on with its turn ${turn}`,
      answer.stdout.trim() === `echo: where were we? (turn ${turn})`,
      answer,
    );
  }
  await stage.run("wait", real);
  const twice = (await stage.run("logs", real)).stdout.trim();
  await stage.check("the command ran again, whole", twice === `${logged}\n${linesUpTo(LINES)}`, twice);
  await print(indent((await stage.run("ls")).stdout));

  await print("\n7. The counts agree\n");
  const final = await agents();
  await stage.check(`${all.length} agents`, final.size === all.length && all.every((id) => final.has(id)), [
    ...final.keys(),
  ]);
  const lines = (await stage.run("logs", "--events", "--all")).stdout.trim().split("\n");
  const started = lines.filter((line) => line.includes('"type":"agent_started"')).length;
  const runs = [...final.values()].reduce((sum, { run }) => sum + run, 0);
  await stage.check(`${runs} runs, each started once`, started === runs, { started, runs });
}

async function quietly(stage: Stage, id: string): Promise<ReadonlyMap<string, SeenAgent>> {
  const { child, lines } = stage.follow("ls", id, "--json");
  await new Promise((resolve) => child.once("close", resolve));
  return new Map(readAgents(lines().join("\n")).map((agent) => [agent.id, agent]));
}

const indent = (text: string): string => text.replace(/^(?=.)/gm, "  | ");
