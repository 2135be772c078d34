import type { Detail, RenderOptions, Snapshot, Usage } from "skep";
import { ageOf } from "./age.ts";
import { onOneLine } from "./one-line.ts";
import { makePaint } from "./paint.ts";
import { stateOf } from "./state.ts";
import { wrap } from "./width.ts";

const NAME_WIDTH = 10;

/** All that is known of one agent, a line or more for each fact; what is unknown is left out. */
export function renderDetails(agent: Snapshot | Detail, root: string, { color, now, columns }: RenderOptions): string {
  const paint = makePaint(color);
  const state = stateOf(agent);
  const at = (time: string | undefined): string | undefined => time && `${time} (${ageOf(time, now)} ago)`;
  const facts: readonly (readonly [name: string, value: string | undefined])[] = [
    ["task", agent.task],
    ["activity", agent.activity],
    [
      "waiting",
      agent.waiting?.map(({ request, what, since }) => `${what} (${request}, ${ageOf(since, now)})`).join("\n"),
    ],
    ["error", agent.last_error],
    ["limit", agent.limit && [agent.limit.message, agent.limit.until].filter(Boolean).join(", until ")],
    ["runner", words(agent.runner, agent.model, agent.provider)],
    ["args", agent.args && commandLine(agent.args)],
    ["labels", pairs(agent.labels)],
    ["parent", agent.parent],
    ["session", agent.session_id],
    ["started", at(agent.started)],
    ["updated", at(agent.updated)],
    ["ended", words(at(agent.ended), endOf({ code: agent.exit_code, signal: agent.signal }))],
    ["pid", agent.pid === undefined ? undefined : String(agent.pid)],
    ["turns", String(agent.turns)],
    ["usage", agent.usage && usageOf(agent.usage)],
    ["queued", agent.queued === undefined ? undefined : String(agent.queued)],
    ["skipped", agent.skipped_lines === undefined ? undefined : `${agent.skipped_lines} lines of its log`],
    ["unknown", agent.unknown_events === undefined ? undefined : `${agent.unknown_events} events`],
    ["notes", pairs(agent.notes)],
    ["dir", agent.dir],
    ["state", `${root}/agents/${agent.id}`],
    ["talks as", agent.agent_session],
    ...("runs" in agent ? detailsOf(agent, now) : []),
    ["last", agent.tail.join("\n")],
    ["next", nextOf(agent)],
  ];
  const lines = facts.flatMap(([name, value]) => {
    if (!value) return [];
    const given = value.replace(/\n+$/, "").split("\n");
    const [first = "", ...more] = columns === undefined ? given : given.flatMap((line) => wrapped(line, columns));
    return [
      `  ${paint(name.padEnd(NAME_WIDTH), "dim")}${first}`,
      ...more.map((line) => `${" ".repeat(NAME_WIDTH + 2)}${line}`),
    ];
  });
  return [`${paint(agent.id, "bold")}  ${paint(state.text, ...state.formats)}`, ...lines, ""].join("\n");
}

const MIN_VALUE_WIDTH = 20; // of a terminal narrower than that the terminal itself breaks the lines
const MAX_WRAPPED = 10_000; // characters: measuring takes time, and nobody reads more of one line

function wrapped(line: string, columns: number): readonly string[] {
  const width = columns - NAME_WIDTH - 2;
  return width < MIN_VALUE_WIDTH || line.length > MAX_WRAPPED ? [line] : wrap(line, width);
}

function detailsOf({ runs, messages }: Detail, now: string): readonly (readonly [string, string])[] {
  const aRun = ({ run, started, ended, exit, argv }: Detail["runs"][number]): string =>
    words(
      `#${run}`,
      started,
      ended && `→ ${ended}`,
      exit &&
        words(exit.reason === "exit" ? "" : exit.reason, endOf(exit) || "ended", exit.error && onOneLine(exit.error)),
      commandLine(argv),
    );
  const aMessage = ({ id, time, text, state }: Detail["messages"][number]): string =>
    words(id, state.padEnd(9), `${ageOf(time, now)} ago`, onOneLine(text));
  return [
    ["runs", runs.map(aRun).join("\n")],
    ["messages", messages.map(aMessage).join("\n")],
  ];
}

/** What a person would type next. */
const nextOf = ({ id, phase }: Snapshot): string =>
  phase === "ended" ? `skep logs ${id}, skep resume ${id}` : `skep logs -f ${id}, skep send ${id} <text>`;

const endOf = ({
  code,
  signal,
}: {
  readonly code?: number | undefined;
  readonly signal?: string | undefined;
}): string => words(code === undefined ? undefined : `exit ${code}`, signal);

function usageOf(usage: Partial<Usage>): string {
  const count = (name: string, tokens: number | undefined): string => (tokens === undefined ? "" : `${tokens} ${name}`);
  const cost = usage.cost_usd === undefined ? "" : `$${usage.cost_usd.toFixed(4)}`;
  return [
    count("in", usage.input_tokens),
    count("out", usage.output_tokens),
    count("from cache", usage.cache_read_tokens),
    count("to cache", usage.cache_write_tokens),
    cost,
  ]
    .filter(Boolean)
    .join(", ");
}

const pairs = (record: Readonly<Record<string, unknown>> | undefined): string | undefined =>
  record &&
  Object.entries(record)
    .map(([key, value]) => `${key}=${typeof value === "string" ? onOneLine(value) : JSON.stringify(value)}`)
    .join("\n");

/** As it could be typed into a shell. */
const commandLine = (argv: readonly string[]): string =>
  argv.map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${onOneLine(arg).replaceAll("'", "'\\''")}'`)).join(" ");

const words = (...parts: readonly (string | undefined)[]): string => parts.filter(Boolean).join("  ");
