/** A shim or its subshell that stands still, is killed or finds the disk full, at every one of its steps. */
import { spawn, spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { ended } from "../sandbox.ts";
import type { Scenario } from "./scenario.ts";
import type { Sums } from "./stopped-shim/inside.ts";

const PRIVATE = ["-m", "--kill-child"];
const mounts = (): boolean => spawnSync("unshare", [...PRIVATE, "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

export const scenario: Scenario = {
  name: "stopped-shim",
  what: "a shim or its subshell stands still, is killed, or finds the disk full at each of its eight steps, while its agent is stopped, resumed, or taken over by a rival",
  holds: "0 second starts, 0 children that live through a stop that returned",
  counted: "runs",
  short: 9,
  full: 50 * 8,
  atLeast: (count) => count,
  happening: "that stood still at their step",
  async run({ count, folder, env, next, log }) {
    const own = mounts();
    if (!own) log("no small disk can be mounted here: none is filled");
    const seed = Math.floor(next() * 1_000);
    const inside = ["node_modules/.bin/bun", "test/fault/stopped-shim/inside.ts", folder, count, seed, own].map(String);
    const [command = "", ...args] = own ? ["unshare", ...PRIVATE, ...inside] : inside;
    const child = spawn(command, args, { env, cwd: resolve("."), stdio: ["ignore", "pipe", "pipe"] });
    const { code, stdout, stderr } = await ended(child);
    if (code !== 0) throw new Error(`it ended with ${code}: ${stderr}${stdout}`);
    const { done, stood, full, failures } = JSON.parse(stdout) as Sums;
    return { done, happened: stood, failures, notes: { "that found a full disk": full } };
  },
};
