/** Other programs that keep processes, each as its own documentation recommends for a job that runs once. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

export interface Peer {
  readonly name: string;
  readonly meantFor: string;
  /** The commands, as a person would type them. */
  readonly commands: readonly string[];
  /** The version; `undefined` when it is not installed. */
  version(): string | undefined;
  /** Starts its supervisor, and the jobs: words of each, by name. */
  start(place: Place, jobs: ReadonlyMap<string, readonly string[]>): void;
  /** The supervisor's pid; `undefined` when none runs. */
  pid(place: Place): number | undefined;
  /** Brings it back after it was killed. */
  restart(place: Place): void;
  /** All lines of the job's stdout that it can show. */
  output(place: Place, job: string): string;
  /** The exit code that it tells of the job. */
  status(place: Place, job: string): number | undefined;
  /** Ends the supervisor and what it still runs. */
  end(place: Place): void;
}
export interface Place {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

function run({ folder, env }: Place, command: string, args: readonly string[], more: object = {}): string {
  return execFileSync(command, args, { cwd: folder, env: { ...env, ...more }, encoding: "utf8", stdio: "pipe" });
}
function attempt(work: () => string): string {
  try {
    return work();
  } catch (error) {
    return error instanceof Error ? `failed: ${error.message}` : "failed";
  }
}
const readIf = (path: string): string => (existsSync(path) ? readFileSync(path, "utf8") : "");
const numberIn = (text: string): number | undefined =>
  /^\d+/.test(text.trim()) ? Number.parseInt(text, 10) : undefined;
/** A process by its words, among those of this place. */
function pidOf({ folder }: Place, pattern: RegExp): number | undefined {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const words = attempt(() => readFileSync(`/proc/${pid}/cmdline`, "latin1")).replaceAll("\0", " ");
    const environment = attempt(() => readFileSync(`/proc/${pid}/environ`, "latin1"));
    if (pattern.test(words) && environment.includes(`PEERS=${folder}\0`)) return Number(pid);
  }
  return undefined;
}

const skep: Peer = {
  name: "skep",
  meantFor: "agents and other commands that must outlive whoever started and watches them",
  commands: ["skep spawn -n <job> -- node teller.mjs …", "skep supervisor start"],
  version: () =>
    execFileSync(resolve("dist/skep"), ["-V"], { encoding: "utf8" })
      .trim()
      .replace(/^skep /, ""),
  start(place, jobs) {
    for (const [job, words] of jobs) run(place, resolve("dist/skep"), ["spawn", "-n", job, "--", ...words]);
  },
  pid: ({ folder }) => (JSON.parse(readIf(join(folder, "root/supervisor.json")) || "{}") as { pid?: number }).pid,
  restart: (place) => void run(place, resolve("dist/skep"), ["supervisor", "start"]),
  output: (place, job) => attempt(() => run(place, resolve("dist/skep"), ["logs", job])),
  status: (place, job) =>
    (JSON.parse(run(place, resolve("dist/skep"), ["show", job, "--json"])) as { exit_code?: number }).exit_code,
  end(place) {
    attempt(() => run(place, resolve("dist/skep"), ["stop", "--all", "-y", "--grace", "500ms"]));
    attempt(() => run(place, resolve("dist/skep"), ["supervisor", "stop"]));
  },
};

const CACHE = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "skep-peers");
const PM2_BIN = join(CACHE, "node_modules/.bin/pm2");
const pm2: Peer = {
  name: "pm2",
  meantFor: "services that are to be running: what ended is started again",
  commands: ["pm2 start teller.mjs --name <job> --no-autorestart -- …", "pm2 save", "pm2 resurrect"],
  version() {
    if (!existsSync(PM2_BIN)) {
      mkdirSync(CACHE, { recursive: true });
      attempt(() =>
        execFileSync("npm", ["install", "--no-save", "--prefix", CACHE, "pm2@7"], { encoding: "utf8", stdio: "pipe" }),
      );
    }
    const manifest = readIf(join(CACHE, "node_modules/pm2/package.json"));
    return manifest === "" ? undefined : (JSON.parse(manifest) as { version: string }).version;
  },
  start(place, jobs) {
    for (const [job, [, script = "", ...args]] of jobs)
      run(place, PM2_BIN, ["start", script, "--name", job, "--no-autorestart", "--", ...args]);
    run(place, PM2_BIN, ["save"]);
  },
  pid: ({ env }) => numberIn(readIf(join(env["PM2_HOME"] ?? "", "pm2.pid"))),
  restart: (place) => void attempt(() => run(place, PM2_BIN, ["resurrect"])),
  output: ({ env }, job) => readIf(join(env["PM2_HOME"] ?? "", "logs", `${job}-out.log`)),
  status(place, job) {
    const list = attempt(() => run(place, PM2_BIN, ["jlist"]));
    const from = list.indexOf("[");
    if (from === -1) return undefined;
    const found = JSON.parse(list.slice(from)) as { name: string; pm2_env: { status: string; exit_code?: number } }[];
    const one = found.find(({ name }) => name === job)?.pm2_env;
    return one?.status === "stopped" ? one.exit_code : undefined;
  },
  end: (place) => void attempt(() => run(place, PM2_BIN, ["kill"])),
};

const supervisord: Peer = {
  name: "supervisord",
  meantFor: "services of a machine, as children of one process that is itself not to die",
  commands: ["supervisord -c jobs.conf (autorestart=false, startsecs=0)", "the same again"],
  version: () =>
    attempt(() => execFileSync("supervisord", ["--version"], { encoding: "utf8" }).trim()).replace(/^failed.*/s, "") ||
    undefined,
  start(place, jobs) {
    const { folder } = place;
    const programs = [...jobs].map(
      ([job, words]) =>
        `[program:${job}]\ncommand=${words.join(" ")}\nautorestart=false\nstartsecs=0\nstdout_logfile=${folder}/${job}.log\nstdout_logfile_maxbytes=0\n`,
    );
    const head = `[supervisord]\npidfile=${folder}/supervisord.pid\nlogfile=${folder}/supervisord.log\n[unix_http_server]\nfile=${folder}/s.sock\n[supervisorctl]\nserverurl=unix://${folder}/s.sock\n[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n`;
    writeFileSync(join(folder, "jobs.conf"), `${head}${programs.join("")}`);
    run(place, "supervisord", ["-c", "jobs.conf"]);
  },
  pid: ({ folder }) => numberIn(readIf(join(folder, "supervisord.pid"))),
  restart: (place) => void attempt(() => run(place, "supervisord", ["-c", "jobs.conf"])),
  output: ({ folder }, job) => readIf(join(folder, `${job}.log`)),
  status({ folder }, job) {
    const ends = readIf(join(folder, "supervisord.log")).matchAll(
      new RegExp(`exited: ${job} \\(exit status (\\d+)`, "g"),
    );
    return numberIn([...ends].at(-1)?.[1] ?? "");
  },
  end: (place) => void attempt(() => run(place, "supervisorctl", ["-c", "jobs.conf", "shutdown"])),
};

/** The file that a job writes to is known once it has begun. */
function awaitOutput(place: Place, id: string): string {
  for (let tries = 0; tries < 200; tries += 1) {
    const path = attempt(() => run(place, "tsp", ["-o", id])).trim();
    if (path.startsWith("/")) return path;
    execFileSync("sleep", ["0.05"]);
  }
  return "";
}

const spooler: Peer = {
  name: "task-spooler",
  meantFor: "a queue of jobs, a few at a time",
  commands: ["tsp -L <job> node teller.mjs … (TS_SLOTS=8)", "tsp"],
  version: () =>
    /v?[\d.]+/.exec(attempt(() => execFileSync("tsp", ["-V"], { encoding: "utf8" })).replace(/^failed.*/s, ""))?.[0],
  start(place, jobs) {
    for (const [job, words] of jobs) {
      const id = run(place, "tsp", ["-L", job, ...words]).trim();
      writeFileSync(join(place.folder, `${job}.tsp`), awaitOutput(place, id));
    }
  },
  pid: (place) => pidOf(place, /^\S*tsp /),
  restart: (place) => void attempt(() => run(place, "tsp", [])),
  output: ({ folder }, job) => readIf(readIf(join(folder, `${job}.tsp`))),
  status(place, job) {
    const line =
      attempt(() => run(place, "tsp", []))
        .split("\n")
        .find((one) => one.includes(`[${job}]`)) ?? "";
    return /finished\s+(\d+)\s/.test(line) ? Number(/finished\s+(\d+)\s/.exec(line)?.[1]) : undefined;
  },
  end: (place) => void attempt(() => run(place, "tsp", ["-K"])),
};

export const peers: readonly Peer[] = [skep, pm2, supervisord, spooler];
