/** The number of a run's process is another's by now; or it is of another boot, or of another pid namespace. */
import { spawn, spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { ended } from "../sandbox.ts";
import type { Scenario } from "./scenario.ts";

const NAMESPACE = ["-p", "-f", "--mount-proc", "--kill-child"];

export const scenario: Scenario = {
  name: "reused-pids",
  what: "the pid of a run's shim and child is given to a stranger; another boot, another pid namespace on the same root",
  holds:
    "0 wrong signals, 0 second starts; a reboot shows lost, never done; what runs elsewhere is neither stopped nor resumed",
  counted: "pids",
  short: 40,
  full: 1_000,
  atLeast: (count) => Math.floor(count * 0.8),
  happening: "reused",
  skip() {
    const script = "echo 300 >/proc/sys/kernel/ns_last_pid";
    const { status } = spawnSync("unshare", [...NAMESPACE, "sh", "-c", script]);
    return status === 0 ? undefined : "no pid namespace of its own (it takes unshare and root)";
  },
  async run({ count, env, folder }) {
    const inside = ["node_modules/.bin/bun", "test/fault/reused-pids/inside.ts", folder, String(count)];
    const child = spawn("unshare", [...NAMESPACE, ...inside], {
      env,
      cwd: resolve("."),
      stdio: ["ignore", "pipe", "pipe"],
    });
    const { code, stdout, stderr } = await ended(child);
    if (code !== 0) throw new Error(`it ended with ${code}: ${stderr}${stdout}`);
    const { rounds, reused, supervised, failures } = JSON.parse(stdout) as {
      rounds: number;
      reused: number;
      supervised: number;
      failures: string[];
    };
    return { done: rounds, happened: reused, failures, notes: { "agents taken over by a supervisor": supervised } };
  },
};
