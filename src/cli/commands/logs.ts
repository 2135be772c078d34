import { setTimeout as pause } from "node:timers/promises";
import { flush, narrate, type Narration } from "../../core/narrate.ts";
import { escapeForTerminal, sanitize } from "../../core/sanitize.ts";
import { parseDuration } from "../../core/duration.ts";
import { isTime, timeOf } from "../../core/entry.ts";
import { badValue, rawAlone, wantsOne } from "../../errors.ts";
import { followLog, type LogFollower } from "../../swarm/follow-log.ts";
import { followRaw } from "../../swarm/raw-output.ts";
import { readMetaOf } from "../../swarm/reload.ts";
import { isSettled } from "../../swarm/wait.ts";
import type { LogEntry, Snapshot } from "../../types.ts";
import { type Access, openAccess } from "../access.ts";
import type { Command, CommandContext } from "../command.ts";
import { countOf } from "../option-values.ts";
import { printJsonLines } from "../print-json.ts";
import { sayUnwatched } from "../show-view.ts";
import { chosen } from "../which.ts";
import { isTerminal } from "../standard-streams.ts";

const LOOK_MS = 100;
const TAIL = 256 * 1024; // bytes of a long log that are read for its newest lines; eight times more when those are too few
const MAX_TAIL = 64 * 1024 * 1024;

interface LogLine {
  readonly t: number; // ms
  readonly text: string; // without its newline
  readonly event?: LogEntry["data"]; // with --events
}
/** Gives the lines that have come since the last call, and whether more can come. */
type Source = () => { readonly lines: readonly LogLine[]; readonly more: boolean };

export const logs: Command = {
  async run(context) {
    const { args, settings, output } = context;
    const { options } = args;
    const access = await openAccess(context);
    const agents = await chosen(context, access);
    if (options.has("raw")) return copyRaw(context, access, agents);
    const follow = options.has("follow");
    const since = sinceOf(context);
    const last = countOf(options, "lines");
    const enough = since === Number.NEGATIVE_INFINITY ? last : undefined;
    const sources = await Promise.all(agents.map((agent) => sourceOf(context, access, agent, enough)));
    await sayUnwatched(context, access, agents);
    for (let first = true; ; first = false) {
      const looks = sources.map((source) => source());
      const lines = looks.flatMap(({ lines: found }, index) =>
        found.filter(({ t }) => t >= since).map((line) => ({ ...line, agent: agents[index] })),
      );
      // One agent's lines stand in their order; several agents' are merged by time.
      if (agents.length > 1) lines.sort((a, b) => a.t - b.t);
      const shown = first && last !== undefined ? lines.slice(Math.max(0, lines.length - last)) : lines;
      if (settings.json) {
        const values = shown.map(({ t, text, event, agent }) =>
          event === undefined ? { id: agent?.id, time: timeOf(t), text } : { id: agent?.id, event },
        );
        await printJsonLines(output, values);
      } else {
        const prefix = (handle = ""): string => (agents.length > 1 ? `${handle} | ` : "");
        await output.write(shown.map(({ text, agent }) => `${prefix(agent?.handle)}${text}\n`).join(""));
      }
      const ended = !looks.some(({ more }) => more);
      if (!follow || ended || output.closed.aborted) return;
      await pause(LOOK_MS);
    }
  },
};

function sinceOf({ args }: CommandContext): number {
  const text = args.options.value("since");
  if (text === undefined) return Number.NEGATIVE_INFINITY;
  if (isTime(text)) return Date.parse(text);
  const age = parseDuration(text);
  if (age === undefined)
    throw badValue("since", text, "a time such as 2026-01-31T12:00:00Z, or a duration such as 10m");
  return Date.now() - age;
}

/** `enough`: the newest lines that are wanted; of a long log no more is read then than they need. */
async function sourceOf(
  context: CommandContext,
  { reader }: Access,
  { id }: Snapshot,
  enough: number | undefined,
): Promise<Source> {
  const meta = readMetaOf(reader, id);
  if (meta === undefined) return () => ({ lines: [], more: false });
  if (enough === undefined) return linesOf(context, await followLog(reader, meta));
  for (let tail = TAIL; tail < MAX_TAIL; tail *= 8) {
    const follower = await followLog(reader, meta, tail);
    const source = linesOf(context, follower);
    const first = source();
    // The first line may be the end of a longer one.
    if (!follower.partial || first.lines.length > enough) return again(first, source);
  }
  return linesOf(context, await followLog(reader, meta));
}

/** A source that was looked at once gives that look first. */
function again(first: ReturnType<Source>, source: Source): Source {
  let given: typeof first | undefined = first;
  return () => {
    const look = given ?? source();
    given = undefined;
    return look;
  };
}

function linesOf({ args, settings }: CommandContext, follower: LogFollower): Source {
  const events = args.options.has("events");
  const data = settings.json || !isTerminal(1);
  const shown = (line: string): string => (settings.json ? line : sanitize(line));
  let narration: Narration | undefined;
  return () => {
    const lines: LogLine[] = [];
    const agent = follower.next((entry, told, text) => {
      const t = entry.received;
      if (events) lines.push({ t, text: data ? text() : escapeForTerminal(text()), event: entry.data });
      else {
        for (const event of told) {
          const narrated = narrate(narration, event);
          narration = narrated.state;
          lines.push(...narrated.lines.map((line) => ({ t, text: shown(line) })));
        }
      }
    });
    const more = !(isSettled(agent, true) && agent.queued === undefined);
    if (!more) {
      lines.push(...flush(narration).map((line) => ({ t: Date.now(), text: shown(line) })));
      narration = undefined;
    }
    return { lines, more };
  };
}

/** The bytes themselves, so of one agent, and neither cut nor wrapped. */
async function copyRaw(context: CommandContext, access: Access, agents: readonly Snapshot[]): Promise<void> {
  const { args, settings, output } = context;
  for (const flag of ["lines", "since", "events"]) if (args.options.has(flag)) throw rawAlone(flag);
  if (settings.json) throw rawAlone("json");
  const [agent] = agents;
  if (agent === undefined || agents.length > 1) throw wantsOne("logs --raw");
  const next = followRaw(access.reader.store, agent.id);
  await sayUnwatched(context, access, agents);
  while (!output.closed.aborted) {
    const { bytes, ended } = await next();
    await output.copy(bytes);
    if (ended || (bytes.length === 0 && !args.options.has("follow"))) return;
    if (bytes.length === 0) await pause(LOOK_MS);
  }
}
