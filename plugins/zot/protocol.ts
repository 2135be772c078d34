/** zot's swarm protocol, the supervisor's side: how a child is called and what goes through its inbox, one line a message. */
import { Buffer } from "node:buffer";
import type { Command, Delivery, RunSpec } from "skep";

const MAX_TASK = 120_000; // bytes; the kernel takes 131,071 in one argument

/** Arguments behind the executable. A resume has no task: the child reads its session file and waits at the inbox. */
export function childArgs({ agent, message, args, paths }: RunSpec): string[] {
  return [
    "--swarm-agent",
    paths.inbox,
    "--session",
    paths.session,
    "--cwd",
    paths.dir,
    ...(agent.model === undefined ? [] : ["--model", agent.model]),
    ...(agent.provider === undefined ? [] : ["--provider", agent.provider]),
    ...args,
    ...(message === undefined ? [] : [checkTask(message.text)]),
  ];
}

function checkTask(task: string): string {
  const size = Buffer.byteLength(task);
  if (size <= MAX_TASK) return task;
  throw new Error(
    `the task has ${size} bytes, and at most ${MAX_TASK} fit on a command line: put it in a file and name that`,
  );
}

export function childEnv({ agent, paths }: RunSpec): Record<string, string> {
  return { ZOT_SWARM_AGENT_ID: agent.id, ZOT_SWARM_EVENT_LOG: paths.log };
}

export function deliver(command: Command): Delivery {
  switch (command.kind) {
    case "user":
      return {
        to: "inbox",
        line: /[\r\n]/.test(command.text) ? `user-json ${JSON.stringify(command.text)}` : `user ${command.text}`,
      };
    case "cancel":
    case "shutdown":
      return { to: "inbox", line: command.kind };
    case "answer":
      return { to: "refused", why: "agents of zot's protocol ask for no approval" };
  }
}
