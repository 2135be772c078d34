/** Which agents a verb means: names, or what all of the session's agents are narrowed to. */
import { type AgentFilter, matches, PHASES, STATUSES } from "../core/match.ts";
import { handleOf } from "../core/id.ts";
import { inView, resolve } from "../core/selector.ts";
import { realPath } from "../disk.ts";
import { ambiguous, isArchived, needsYes, notFound, notSure, whichAgents } from "../errors.ts";
import { archivedIds } from "../store/archived.ts";
import { archivedView } from "../swarm/archived-view.ts";
import { readAgent, reload } from "../swarm/reload.ts";
import type { Snapshot, SwarmView } from "../types.ts";
import type { Settled } from "../swarm/swarm-index.ts";
import type { Access } from "./access.ts";
import type { CommandContext } from "./command.ts";
import { choicesOf, labelsOf } from "./option-values.ts";
import { isRecent } from "./recent.ts";
import { isTerminal } from "./standard-streams.ts";

export function filterOf({ args, settings }: CommandContext): AgentFilter {
  const { options } = args;
  const statuses = choicesOf(options, "status", STATUSES);
  const phases = choicesOf(options, "phase", PHASES);
  return {
    labels: labelsOf(options),
    ...(statuses === undefined ? {} : { statuses }),
    ...(phases === undefined ? {} : { phases }),
    ...(options.has("here") ? { under: realPath(settings.cwd) } : {}),
  };
}

const narrows = ({ args: { options } }: CommandContext): boolean =>
  ["label", "status", "phase", "here"].some((name) => options.has(name));

/** Most of a large swarm ended long ago. Where that is not asked for, it is only counted, and nothing of it is read. */
export function passedOver(context: CommandContext): ((agent: Settled) => boolean) | undefined {
  const { args, settings } = context;
  if (args.positionals.length > 0 || args.options.has("all") || narrows(context)) return undefined;
  const now = Date.now();
  return ({ session, ended }) => !isRecent(ended, now) && inView({ session_id: session }, settings.session);
}

/** The swarm, or the archive, and of it what was asked for: all of the session's agents when nothing was. */
export async function listed(
  context: CommandContext,
  access: Access,
  archived = false,
): Promise<{ view: SwarmView; chosen: readonly Snapshot[] }> {
  const { args, settings } = context;
  const { store } = access.reader;
  const view = archived ? archivedView(store) : await reload(access.reader, passedOver(context));
  const filter = filterOf(context);
  const named = args.positionals.map((name) =>
    find(name, view.agents, settings.session, archived ? [] : archivedIds(store)),
  );
  if (named.length === 0) return { view, chosen: narrowed(context, view.agents) };
  return { view, chosen: [...new Set(named)].filter((agent) => matches(agent, filter)) };
}

/** The agents that the session sees and the flags let through. */
export function narrowed(context: CommandContext, agents: readonly Snapshot[]): readonly Snapshot[] {
  const filter = filterOf(context);
  return agents.filter((agent) => inView(agent, context.settings.session) && matches(agent, filter));
}

/** The agents a verb is to act on. Throws SkepError "usage" when none were named, "not_found", "ambiguous". */
export async function chosen(context: CommandContext, access: Access): Promise<readonly Snapshot[]> {
  const { args } = context;
  const named = args.positionals.length > 0;
  if (!named && !args.options.has("all") && !narrows(context)) throw whichAgents();
  return (await listed(context, access)).chosen;
}

/** The one agent that the first word names; read alone when the word is its whole id. */
export async function one(name: string, { settings }: CommandContext, access: Access): Promise<Snapshot> {
  if (access.reader.store.ids().includes(name)) {
    const agent = await readAgent(access.reader, name);
    if (agent !== undefined) return agent.snapshot;
  }
  return find(name, (await reload(access.reader)).agents, settings.session, archivedIds(access.reader.store));
}

function find(
  name: string,
  agents: readonly Snapshot[],
  session: string | undefined,
  archived: readonly string[],
): Snapshot {
  const found = resolve(name, agents, session);
  if ("error" in found && found.error === "ambiguous") throw ambiguous(name, found.candidates);
  if ("error" in found) {
    const away = archived.find((id) => id === name || handleOf(id) === name);
    throw away === undefined ? notFound(name) : isArchived(away);
  }
  const agent = agents.find(({ id }) => id === found.id);
  if (agent === undefined) throw notFound(name);
  return agent;
}

/** Asks before more than one agent is touched; where nobody can answer, `--all` needs `-y`. */
export async function confirm(context: CommandContext, agents: readonly Snapshot[], what: string): Promise<void> {
  const { args, settings } = context;
  if (agents.length < 2 || settings.yes) return;
  if (isTerminal(0) && isTerminal(2)) {
    const { createInterface } = await import("node:readline/promises");
    const line = createInterface({ input: process.stdin, output: process.stderr });
    const answer = await line.question(`skep: ${what} ${agents.length} agents? [y/N] `).finally(() => line.close());
    if (!/^y(es)?$/i.test(answer.trim())) throw notSure(what);
  } else if (args.options.has("all")) throw needsYes(what, agents.length);
}
