/**
 * `npm run test:peers`: jobs that say lines while their supervisor is killed with SIGKILL and brought back, under skep and
 * under what else is installed; prints what each lost. pm2 is installed into the user's cache folder.
 */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { until } from "../sandbox.ts";
import { lives } from "../cli/verbs.ts";
import { endMarked } from "./end-marked.ts";
import { type Peer, peers, type Place } from "./peers.ts";

const { values: flags } = parseArgs({
  options: {
    jobs: { type: "string", default: "4" },
    kills: { type: "string", default: "5" },
    lines: { type: "string", default: "400" },
  },
});
const [JOBS, KILLS, LINES] = [Number(flags.jobs), Number(flags.kills), Number(flags.lines)];
const PACE_MS = 20;
const QUIET_MS = 5_000;

interface Loss {
  readonly ends: number; // starts that came to their end
  readonly starts: number;
  readonly said: number; // lines that children said
  readonly kept: number; // of these, that the supervisor can show
  readonly twice: number;
  readonly statuses: number; // jobs whose exit code it tells
  readonly kills: number;
}

function placeFor({ name }: Peer): Place {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `skep-peer-${name}-`)));
  for (const sub of ["run", "home", "pm2"]) mkdirSync(join(folder, sub), { mode: 0o700 });
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: join(folder, "home"),
    PEERS: folder,
    XDG_RUNTIME_DIR: join(folder, "run"),
    SKEP_ROOT: join(folder, "root"),
    PM2_HOME: join(folder, "pm2"),
    TS_SOCKET: join(folder, "tsp.sock"),
    TS_SLOTS: "8",
    TMPDIR: folder,
  };
  return { folder, env };
}

async function measure(peer: Peer): Promise<Loss> {
  const place = placeFor(peer);
  const accountOf = (job: string): string => join(place.folder, `${job}.account`);
  const names = Array.from({ length: JOBS }, (_, at) => `job${at + 1}`);
  const account = (job: string): string[] => {
    try {
      return readFileSync(accountOf(job), "utf8").trim().split("\n");
    } catch {
      return []; // it was never started
    }
  };
  const teller = resolve("test/fixtures/children/teller.mjs");
  try {
    const words = (job: string): string[] => ["node", teller, accountOf(job), String(LINES), String(PACE_MS)];
    peer.start(place, new Map(names.map((job) => [job, words(job)])));
    await until(
      () => names.map((job) => account(job).length),
      (lengths) => lengths.every((length) => length > 3),
    );
    let kills = 0;
    for (; kills < KILLS;) {
      const pid = await until(
        () => peer.pid(place),
        (found) => found !== undefined && lives(found),
      ).catch(() => undefined);
      if (pid === undefined) break;
      process.kill(pid, "SIGKILL");
      kills += 1;
      await until(
        () => lives(pid),
        (alive) => !alive,
      );
      await new Promise((later) => setTimeout(later, (LINES * PACE_MS) / (KILLS + 1) / 2));
      peer.restart(place);
      await new Promise((later) => setTimeout(later, (LINES * PACE_MS) / (KILLS + 1) / 2));
    }
    const running = (job: string): number[] =>
      account(job).flatMap((line) =>
        line.startsWith("start ") && lives(Number(line.slice(6))) ? [Number(line.slice(6))] : [],
      );
    // Jobs that were started again may be a while in coming.
    let quietSince = Date.now();
    await until(
      () => {
        if (names.flatMap(running).length > 0) quietSince = Date.now();
        return Date.now() - quietSince;
      },
      (quiet) => quiet > QUIET_MS,
      LINES * PACE_MS * 10 + 60_000,
    );
    const outcomes = names.map((job) => {
      const lines = account(job);
      const said = lines.filter((line) => line.includes(" says "));
      const shown = peer.output(place, job).split("\n");
      const counts = new Map<string, number>();
      for (const line of shown) counts.set(line, (counts.get(line) ?? 0) + 1);
      return {
        ends: lines.filter((line) => line.startsWith("end ")).length,
        starts: lines.filter((line) => line.startsWith("start ")).length,
        said: said.length,
        kept: said.filter((line) => counts.has(line)).length,
        twice: said.filter((line) => (counts.get(line) ?? 0) > 1).length,
        status: peer.status(place, job) === 7,
      };
    });
    const sum = (count: (one: (typeof outcomes)[number]) => number | boolean): number =>
      outcomes.reduce((total, one) => total + Number(count(one)), 0);
    return {
      ends: sum((one) => one.ends),
      starts: sum((one) => one.starts),
      said: sum((one) => one.said),
      kept: sum((one) => one.kept),
      twice: sum((one) => one.twice),
      statuses: sum((one) => one.status),
      kills,
    };
  } finally {
    peer.end(place);
    await endMarked(`PEERS=${place.folder}`);
    rmSync(place.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

console.log(
  `${JOBS} jobs of ${LINES} lines each, ${PACE_MS} ms apart; the supervisor killed with SIGKILL ${KILLS} times and brought back\n`,
);
console.log(
  `| program | starts of the ${JOBS} jobs | that came to their end | lines kept of those said | exit codes known |`,
);
console.log("|---|---|---|---|---|");
for (const peer of peers) {
  const version = peer.version();
  if (version === undefined) {
    console.log(`| ${peer.name} | skipped: not installed | | | |`);
    continue;
  }
  const { ends, starts, said, kept, twice, statuses, kills } = await measure(peer);
  const doubled = twice === 0 ? "" : `, ${twice} twice`;
  const fewer = kills === KILLS ? "" : ` (${kills} kills: none came back)`;
  console.log(
    `| ${peer.name} ${version}${fewer} | ${starts} | ${ends} | ${kept} of ${said}${doubled} | ${statuses} of ${JOBS} |`,
  );
}
console.log("");
for (const { name, meantFor, commands } of peers)
  console.log(`- ${name} is meant for ${meantFor}. ${commands.map((one) => `\`${one}\``).join(", ")}`);
