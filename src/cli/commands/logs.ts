import { setTimeout as pause } from "node:timers/promises";
import { flush, narrate, type Narration } from "../../core/narrate.ts";
import { escapeForTerminal, sanitize } from "../../core/sanitize.ts";
import { parseDuration } from "../../core/duration.ts";
import { isTime } from "../../core/entry.ts";
import { badValue } from "../../errors.ts";
import { followLog } from "../../swarm/follow-log.ts";
import { followRaw } from "../../swarm/raw-output.ts";
import { readMetaOf } from "../../swarm/reload.ts";
import { isSettled } from "../../swarm/wait.ts";
import type { Snapshot } from "../../types.ts";
import { type Access, openAccess } from "../access.ts";
import type { Command, CommandContext } from "../command.ts";
import { countOf } from "../option-values.ts";
import { sayUnwatched } from "../show-view.ts";
import { chosen } from "../which.ts";

const LOOK_MS = 100;

interface LogLine {
  readonly t: number; // ms
  readonly text: string;
}
/** Gives the lines that have come since the last call, and whether more can come. */
type Source = () => { readonly lines: readonly LogLine[]; readonly more: boolean };

export const logs: Command = {
  async run(context) {
    const { options } = context.args;
    const access = await openAccess(context);
    const agents = await chosen(context, access);
    const follow = options.has("follow");
    const since = sinceOf(context);
    const last = countOf(options, "lines");
    const sources = await Promise.all(agents.map((agent) => sourceOf(context, access, agent)));
    await sayUnwatched(context, access, agents);
    for (let first = true; ; first = false) {
      const looks = sources.map((source) => source());
      const lines = looks.flatMap(({ lines: found }, index) =>
        found.filter(({ t }) => t >= since).map((line) => ({ ...line, agent: agents[index] })),
      );
      // One agent's lines stand in their order; several agents' are merged by time.
      if (agents.length > 1) lines.sort((a, b) => a.t - b.t);
      const shown = first && last !== undefined ? lines.slice(Math.max(0, lines.length - last)) : lines;
      await context.output.write(
        shown.map(({ text, agent }) => (agents.length > 1 ? `${agent?.handle} | ${text}` : text)).join(""),
      );
      const ended = !looks.some(({ more }) => more);
      if (!follow || ended || context.output.closed.aborted) return;
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

async function sourceOf({ args }: CommandContext, access: Access, { id }: Snapshot): Promise<Source> {
  const { reader } = access;
  if (args.options.has("raw")) return rawSource(access, id);
  const meta = readMetaOf(reader, id);
  if (meta === undefined) return () => ({ lines: [], more: false });
  const follower = await followLog(reader, meta);
  const events = args.options.has("events");
  const terminal = process.stdout.isTTY;
  let narration: Narration | undefined;
  return () => {
    const lines: LogLine[] = [];
    const agent = follower.next((entry, told, text) => {
      const t = entry.received;
      if (events) lines.push({ t, text: `${terminal ? escapeForTerminal(text) : text}\n` });
      else {
        for (const event of told) {
          const narrated = narrate(narration, event);
          narration = narrated.state;
          lines.push(...narrated.lines.map((line) => ({ t, text: `${sanitize(line)}\n` })));
        }
      }
    });
    const more = !(isSettled(agent, true) && agent.queued === undefined);
    if (!more) {
      lines.push(...flush(narration).map((line) => ({ t: Date.now(), text: `${sanitize(line)}\n` })));
      narration = undefined;
    }
    return { lines, more };
  };
}

function rawSource(access: Access, id: string): Source {
  const next = followRaw(access.reader.store, id);
  return () => {
    const lines: LogLine[] = [];
    for (;;) {
      const { text, ended } = next();
      if (text !== "") lines.push({ t: Date.now(), text });
      if (text === "" || ended) return { lines, more: !ended };
    }
  };
}
