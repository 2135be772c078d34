/** Agents' processes against what is known of their runs. */
import { exists, stat } from "../../disk.ts";
import { inspectRun } from "../../process/liveness.ts";
import { processesOfRoot, type MarkedProcess } from "../../process/mark.ts";
import { listRuns, recoverIntent, runPaths } from "../../process/run-files.ts";
import { endAll } from "../../process/terminate.ts";
import type { Store } from "../../store/store.ts";
import { GRACE_MS } from "../../swarm/hive.ts";
import type { Snapshot, SwarmView } from "../../types.ts";
import type { Fault } from "./finding.ts";

const SETTLED_MS = 5_000; // a run that ended less long ago is still followed by its supervisor

export function checkProcesses(store: Store, view: SwarmView): Fault[] {
  return [...orphans(store), ...view.agents.flatMap((agent) => checkAgent(store, agent))];
}

/** Processes that carry the mark of a run that is over, or of an agent that is gone. */
function orphans(store: Store): Fault[] {
  const inode = String(stat(store.root)?.ino ?? 0);
  const find = (): readonly MarkedProcess[] => processesOfRoot(inode, store.root).filter((one) => isOver(store, one));
  const left = find();
  return [...new Set(left.map(({ mark }) => mark))].map((mark): Fault => {
    const processes = left.filter((one) => one.mark === mark);
    const [first] = processes;
    const agent = first?.id ?? "";
    const gone = !exists(store.paths(agent).folder);
    const pids = processes.map(({ pid }) => pid).join(", ");
    const of = gone ? `${agent}, which is gone` : `run ${first?.run} of ${agent}, which is over`;
    return {
      code: "orphaned_process",
      agent,
      message: `${processes.length === 1 ? "process" : "processes"} ${pids} of ${of}`,
      repair: "end what carries its mark: SIGTERM, then SIGKILL",
      mend: {
        async run() {
          await endAll(() => find().filter((one) => one.mark === mark), GRACE_MS);
          return `ended ${pids}`;
        },
      },
    };
  });
}

function isOver(store: Store, { id, run }: MarkedProcess): boolean {
  const { folder } = store.paths(id);
  if (!exists(folder)) return true;
  const paths = runPaths(folder, run);
  const intent = recoverIntent(paths, run);
  if (intent === undefined) return false; // nothing is known of it: nothing is ended
  const facts = inspectRun(paths, intent);
  if (facts.kind === "exited") return Date.now() - facts.at > SETTLED_MS;
  return facts.kind === "gone";
}

function checkAgent(store: Store, agent: Snapshot): Fault[] {
  const { folder } = store.paths(agent.id);
  const about = { agent: agent.id, path: folder };
  const run = listRuns(folder).at(-1);
  const intent = run === undefined ? undefined : recoverIntent(runPaths(folder, run), run);
  const facts = run === undefined || intent === undefined ? undefined : inspectRun(runPaths(folder, run), intent);
  if (facts?.kind === "orphaned")
    return [
      {
        ...about,
        code: "orphaned_run",
        message: `process ${facts.child.pid} lives without its shim: how it ends will be unknown`,
        note: true,
      },
    ];
  if (agent.status === "detached" && agent.phase === "ended")
    return [
      {
        ...about,
        code: "lost_run",
        message: `how it ended is unknown: skep resume ${agent.id} continues it, skep rm ${agent.id} removes it`,
      },
    ];
  return [];
}
