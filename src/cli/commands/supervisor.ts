/** `supervisor status|start|stop|restart`, and `run`: the background process itself. */
import { setTimeout as pause } from "node:timers/promises";
import { noSupervisorRuns, stillHeld } from "../../errors.ts";
import { greet } from "../../supervisor/client.ts";
import type { Hello } from "../../supervisor/protocol.ts";
import { runSupervisor } from "../../supervisor/run.ts";
import { findSupervisor, readRecord, socketOf } from "../../supervisor/start.ts";
import { isAlive } from "../../process/liveness.ts";
import { type Access, openAccess } from "../access.ts";
import type { Command, CommandContext } from "../command.ts";
import { limitConsole } from "../host-plugins.ts";
import { printJson } from "../print-json.ts";

const STOP_MS = 15_000;

export const status: Command = {
  async run(context) {
    const access = await openAccess(context);
    const hello = await findSupervisor(access.root, context.settings.env);
    if (hello === undefined) throw noSupervisorRuns(access.root);
    await tell(context, access, hello);
  },
};

export const start: Command = {
  async run(context) {
    const access = await openAccess(context);
    await tell(context, access, (await findSupervisor(access.root, context.settings.env)) ?? (await access.start()));
  },
};

export const stop: Command = {
  async run(context) {
    const access = await openAccess(context);
    const pid = await shutDown(access, context);
    if (pid === undefined) throw noSupervisorRuns(access.root);
    if (context.settings.json) await printJson(context.output, { root: access.root, pid });
    else await context.talk.notice("the supervisor has ended; its agents go on");
  },
};

export const restart: Command = {
  async run(context) {
    const access = await openAccess(context);
    await shutDown(access, context);
    await tell(context, access, await access.start());
  },
};

/** The pid of the one that ran. Answers when its process has ended: the lock is free then. */
export async function shutDown({ root }: Access, { settings }: CommandContext): Promise<number | undefined> {
  const found = await findSupervisor(root, settings.env);
  if (found === undefined) return undefined;
  const record = readRecord(root);
  const { connection } = await greet(socketOf(root, settings.env));
  try {
    await connection.ask("shutdown", {});
  } catch (error) {
    connection.close();
    throw error;
  }
  const deadline = Date.now() + STOP_MS;
  const lives = (): boolean => record !== undefined && isAlive(record);
  while (lives() && Date.now() < deadline) await pause(5);
  connection.close();
  if (lives()) throw stillHeld(found.pid);
  return found.pid;
}

async function tell({ settings, output }: CommandContext, { root }: Access, hello: Hello): Promise<void> {
  const { pid, version, protocol, since } = hello;
  if (settings.json) await printJson(output, { root, pid, version, protocol, since });
  else await output.write(`pid ${pid}, skep ${version}, since ${since}, root ${root}\n`);
}

/** The background process: what it says goes to its log. */
export const run: Command = {
  async run(context) {
    const { settings, talk } = context;
    const { config } = settings;
    const warn = (text: string): void => void talk.warn(`${new Date().toISOString()} ${text}`);
    limitConsole(warn);
    const access = await openAccess(context);
    process.on("uncaughtException", (error) => warn(`fault: ${error.stack ?? error.message}`));
    process.on("unhandledRejection", (error) => warn(`fault: ${error instanceof Error ? error.stack : String(error)}`));
    const given = {
      ...(config.idleTimeout === undefined ? {} : { idleTimeout: config.idleTimeout }),
      ...(config.resumeMessage === undefined ? {} : { resumeMessage: config.resumeMessage }),
      ...config.retain,
    };
    const options = { root: access.root, plugins: access.reader.plugins, env: settings.env, settings: given, warn };
    if ((await runSupervisor(options, config.supervisorIdle)) === "locked") warn("another process holds the root");
  },
};
