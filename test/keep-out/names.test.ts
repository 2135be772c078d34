/** Ids and pids that somebody else chose: they name no place and no process outside of the root. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { startOf } from "../../src/process/liveness.ts";
import { readRecord } from "../../src/supervisor/start.ts";
import { openCli } from "../cli/verbs/harness.ts";
import { look, openOutside } from "./outside.ts";

const cli = openCli();
const { box, root, ok } = cli;
const { victim, harmless } = openOutside(cli);
const agents = join(root, "agents");

describe("an id that is a path", () => {
  test("names no agent, on the command line and over the socket", async () => {
    await ok("supervisor", "start");
    const { socket } = readRecord(root) ?? { socket: "" };
    writeFileSync(join(victim, "meta.json"), JSON.stringify({ id: "../../victim", task: "t", dir: box.folder }));
    const ids = [
      "../../victim",
      "..",
      ".",
      "../agents/x",
      "a/b",
      "a\u0000b",
      "-rf",
      "",
      "x".repeat(200),
      "constructor",
      "__proto__",
    ];
    for (const id of ids.filter((one) => !one.includes("\0"))) {
      for (const verb of ["show", "rm"]) {
        const { code } = await harmless(verb, "--", id);
        assert.equal(code, 3, `${verb} ${id}`);
      }
      assert.equal((await harmless("spawn", "-w", `--name=${id}`, "--", "true")).code, 0, "a name is made harmless");
    }
    const before = look(victim);
    const caller = { env: {}, umask: 0, by: "x" };
    const spawnRequest = { task: "t", runner: "exec", dir: "/", args: ["true"] };
    const frames = ids.flatMap((id, at) => [
      { id: at * 10, method: "show", params: { id } },
      { id: at * 10 + 1, method: "remove", params: { id, options: { force: true } } },
      { id: at * 10 + 2, method: "stop", params: { id, options: {} } },
      { id: at * 10 + 3, method: "resume", params: { id, options: {}, caller } },
      { id: at * 10 + 4, method: "send", params: { id, text: "x", options: {}, caller } },
      ...(id.length > 0 && id !== "constructor"
        ? [{ id: at * 10 + 5, method: "spawn", params: { request: spawnRequest, options: { id }, caller } }]
        : []),
    ]);
    const answers = await talk(
      socket,
      frames.map((frame) => `${JSON.stringify({ jsonrpc: "2.0", ...frame })}\n`).join(""),
      frames.length,
    );
    for (const answer of answers) assert.match(answer, /"error":\{.*"data":\{"code":"(not_found|state|protocol)"/);
    assert.equal(look(victim), before);
  });
});

function talk(socket: string, text: string, answers: number): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const connection = createConnection(socket);
    let said = "";
    connection.on("error", reject);
    connection.on("data", (chunk) => {
      said += String(chunk);
      const lines = said.split("\n").slice(0, -1);
      if (lines.length < answers) return;
      connection.destroy();
      resolve(lines);
    });
    connection.write(text);
  });
}

describe("pids that stand in a root's files", () => {
  const sleeper: ChildProcess = spawn("sleep", ["1000"], { detached: true, stdio: "ignore" });
  after(() => sleeper.kill("SIGKILL"));
  test("are signalled only when start and boot agree", async () => {
    const { pid = 0 } = sleeper;
    const start = startOf(pid) ?? 0;
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const model = await ok("spawn", "--", "true");
    await ok("wait", model);
    const intent = JSON.parse(readFileSync(join(agents, model, "runs/000001/intent.json"), "utf8")) as Record<
      string,
      unknown
    >;
    const lies: readonly (readonly [string, string])[] = [
      [`${pid} ${start + 1}`, boot],
      [`${pid} ${start}`, "another"],
      ["1 1", boot],
      ["0 0", boot],
      [`-${pid} ${start}`, boot],
    ];
    for (const [at, [child, itsBoot]] of lies.entries()) {
      const id = `lies-00000${at}`;
      const run = join(agents, id, "runs", "000001");
      mkdirSync(run, { recursive: true });
      writeFileSync(
        join(agents, id, "meta.json"),
        JSON.stringify({
          id,
          task: "t",
          dir: box.folder,
          runner: "exec",
          started: new Date().toISOString(),
          skep: { args: ["true"] },
        }),
      );
      writeFileSync(join(run, "intent.json"), `${JSON.stringify({ ...intent, boot: itsBoot, stdin: "open" })}\n`);
      for (const name of ["child", "feed"]) writeFileSync(join(run, name), `${child}\n`);
      writeFileSync(join(run, "claim"), `shim ${child}\n`);
      await harmless("stop", id, "--grace", "100ms");
      await harmless("rm", "--force", id);
    }
    assert.deepEqual([sleeper.exitCode, sleeper.signalCode], [null, null]);
  });
});
