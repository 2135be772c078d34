/** What stands in the agents' files, as a reader sees it. */
import { join } from "node:path";
import { timeOf } from "../../core/entry.ts";
import { formatMeta, type Meta } from "../../core/meta.ts";
import { exists, isFolder, move, replace } from "../../disk.ts";
import { reasonOf } from "../../errors.ts";
import { listRuns, recoverIntent, runPaths } from "../../process/run-files.ts";
import { readMeta } from "../../store/fs-store.ts";
import type { Store } from "../../store/store.ts";
import type { SwarmView } from "../../types.ts";
import type { Fault } from "./finding.ts";

export function checkRecords(store: Store, view: SwarmView): Fault[] {
  const damaged = view.problems
    .filter(({ path }) => !path.endsWith("/meta.json"))
    .map(({ path, message }): Fault => {
      const [, agent] = /\/agents\/([^/]+)\//.exec(path) ?? [];
      const about = agent === undefined ? { path } : { path, agent };
      return { ...about, code: "corrupt_record", message: `${message}; its log counts as far as it goes` };
    });
  const skipped = view.agents.flatMap((agent): Fault[] =>
    agent.skipped_lines === undefined
      ? []
      : [
          {
            code: "damaged_log",
            agent: agent.id,
            path: store.paths(agent.id).log,
            message: `${agent.skipped_lines} lines of it are none: they are read around`,
            note: true,
          },
        ],
  );
  return [...store.ids().flatMap((id) => checkMeta(store, id)), ...damaged, ...skipped];
}

function checkMeta(store: Store, id: string): Fault[] {
  const { folder, meta } = store.paths(id);
  let why: string;
  try {
    if (readMeta(store, id) !== undefined) return [];
    // A folder without one is nobody's, unless runs show that an agent lived there.
    if (!isFolder(join(folder, "runs"))) return [];
    why = "it is missing";
  } catch (error) {
    why = reasonOf(error);
  }
  const rebuilt = rebuild(store, id);
  const about = { code: "corrupt_record", agent: id, path: meta, message: why } as const;
  if (rebuilt === undefined) return [{ ...about, message: `${why}; no run says what it held: mend it by hand` }];
  return [
    {
      ...about,
      repair: `write it anew from what run ${rebuilt.run} was started as, and keep the old one`,
      mend: {
        alone: true,
        run() {
          const kept = `${meta}.bad-${Date.now()}`;
          const there = exists(meta);
          if (there) move(meta, kept);
          replace(meta, formatMeta(rebuilt.meta));
          return there ? `written anew; the old one is ${kept}` : "written anew";
        },
      },
    },
  ];
}

/** The newest intent says nearly all that meta.json does; what it does not is lost. */
function rebuild(store: Store, id: string): { readonly meta: Meta; readonly run: number } | undefined {
  const { folder, log, session } = store.paths(id);
  for (const run of runsOf(folder)) {
    const intent = recoverIntent(runPaths(folder, run), run);
    if (intent === undefined || intent.damaged !== undefined) continue;
    const first = recoverIntent(runPaths(folder, 1), 1) ?? intent;
    const { runner, cwd, args, options, labels } = intent;
    const meta: Meta = {
      id,
      task: first.message?.text ?? first.argv.join(" "),
      dir: cwd,
      started: first.time === "" ? timeOf(Date.now()) : first.time,
      inboxPath: "",
      eventLogPath: log,
      sessionPath: session,
      runner,
      skep: { args, options, labels },
      rest: {},
    };
    return { meta, run };
  }
  return undefined;
}

function runsOf(folder: string): readonly number[] {
  try {
    return listRuns(folder).toReversed();
  } catch {
    return []; // a link, which is told as such
  }
}
