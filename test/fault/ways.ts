/** The ways in which messages reach agents, and for each what its child itself shows of what it got. */
import { existsSync, readFileSync } from "node:fs";
import { listRuns, runPaths } from "../../src/process/run-files.ts";
import type { SpawnRequest } from "../../src/types.ts";

/** What a child got, oldest first; `undefined` where it was killed while it told of one. */
export type Received = readonly (string | undefined)[];

export interface Way {
  readonly name: string;
  readonly request: Partial<SpawnRequest>;
  /** The words a text begins with so that its turn takes a moment, or never ends; none where there are no turns. */
  readonly begins: { readonly plain: string; readonly pause?: string; readonly hang?: string };
  /** Whether the task is the first thing it gets. */
  readonly taskFirst: boolean;
  received(folder: string): Received;
}

interface Line {
  readonly type?: string;
  readonly method?: string;
  readonly params?: { readonly text: string };
  readonly content?: readonly { readonly text: string }[];
}
/** Lines of JSON of a run's `out`; a torn last one is left out. */
function linesOf(path: string): Line[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as Line];
      } catch {
        return [];
      }
    });
}

/** In zot's words: a turn begins, then its text is told. */
const turnsIn = (path: string): Received => {
  const lines = linesOf(path);
  return lines.flatMap(({ type }, at) =>
    type === "turn_start" ? [lines[at + 1]?.content?.map(({ text }) => text).join("")] : [],
  );
};

const overRuns = (folder: string, read: (run: ReturnType<typeof runPaths>) => Received): Received =>
  listRuns(folder).flatMap((run) => read(runPaths(folder, run)));

export const ways: readonly Way[] = [
  {
    name: "stdin of a command",
    request: { runner: "exec", args: ["cat"], options: { stdin: true } },
    begins: { plain: "" },
    taskFirst: false,
    received: (folder) =>
      overRuns(folder, ({ in: path }) => (existsSync(path) ? [readFileSync(path, "utf8")] : [])).filter(
        (text) => text !== "",
      ),
  },
  {
    name: "stdin of a live agent",
    request: { runner: "liner" },
    begins: { plain: "", pause: "pause ", hang: "hang " },
    taskFirst: true,
    received: (folder) => overRuns(folder, ({ out }) => turnsIn(out)),
  },
  {
    name: "inbox socket",
    request: { runner: "demo" },
    begins: { plain: "", pause: "sleep:200 ", hang: "sleep:600000 " },
    taskFirst: true,
    received: (folder) => overRuns(folder, ({ out }) => turnsIn(out)),
  },
  {
    name: "a run each",
    request: { runner: "turner" },
    begins: { plain: "", pause: "pause ", hang: "hang " },
    taskFirst: true,
    received: (folder) =>
      overRuns(folder, ({ child, in: path }) => (existsSync(child) ? [readFileSync(path, "utf8")] : [])),
  },
  {
    name: "a two-way protocol",
    request: { runner: "talker", task: "!first" },
    begins: { plain: "!", pause: "!pause ", hang: "!hang " },
    taskFirst: true,
    received: (folder) =>
      overRuns(folder, ({ out }) =>
        linesOf(out).flatMap(({ method, params }) => (method === "took" ? [params?.text] : [])),
      ),
  },
];
