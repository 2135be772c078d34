/** Links, FIFOs and folders where skep's files should be, and paths that climb: nothing outside of the root is read or changed. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chownSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, test } from "node:test";
import { readRecord } from "../../src/supervisor/start.ts";
import { openCli } from "../cli/verbs/harness.ts";
import type { Ran } from "../sandbox.ts";
import { look, openOutside } from "./outside.ts";

const cli = openCli();
const { box, root, skep, ok } = cli;
const { victim, file: outside, harmless } = openOutside(cli);
const agents = join(root, "agents");
const ended = async (name: string): Promise<string> => {
  const id = await ok("spawn", "-n", name, "--", "echo", "hi");
  await ok("wait", id);
  return id;
};
const stopSupervisor = (): Promise<Ran> => skep(["supervisor", "stop"]);

describe("a folder of the root that is a link", () => {
  test("is followed by no verb: trash", async () => {
    const id = await ended("trash");
    await stopSupervisor();
    rmSync(join(root, "trash"), { recursive: true, force: true });
    symlinkSync(victim, join(root, "trash"));
    assert.equal((await harmless("supervisor", "start")).code, 0);
    assert.match((await harmless("rm", id)).stderr, /trash is not a folder of its own/);
    rmSync(join(root, "trash"));
    assert.equal((await harmless("rm", id)).code, 0);
    mkdirSync(join(root, "trash", "not skep's"), { recursive: true });
    await stopSupervisor();
    await harmless("supervisor", "start");
    assert.equal(look(join(root, "trash")).includes("not skep's"), true, "what skep did not put there stays");
  });

  test("is followed by no verb: agents", async () => {
    await stopSupervisor();
    renameSync(agents, `${agents}.away`);
    symlinkSync(victim, agents);
    for (const words of [
      ["ls", "-a"],
      ["show", "evil-aaaaaa"],
      ["logs", "--all"],
      ["reload"],
      ["spawn", "--", "true"],
      ["rm", "evil-aaaaaa"],
    ])
      assert.match((await harmless(...words)).stderr, /agents is not a folder of its own/, words.join(" "));
    await stopSupervisor();
    rmSync(agents);
    renameSync(`${agents}.away`, agents);
  });

  test("is followed by no verb: an agent", async () => {
    symlinkSync(join(victim, "evil-aaaaaa"), join(agents, "evil-aaaaaa"));
    for (const verb of ["show", "rm", "resume"]) assert.equal((await harmless(verb, "evil-aaaaaa")).code, 3, verb);
  });

  for (const link of ["runs", "runs/000001"]) {
    test(`is followed by no verb: ${link}`, async () => {
      const id = await ended("linked");
      await stopSupervisor();
      rmSync(join(agents, id, link), { recursive: true });
      symlinkSync(join(victim, "evil-aaaaaa", link), join(agents, id, link));
      for (const verb of [["show"], ["logs", "--raw"], ["stop"], ["resume"], ["send", "--queue"], ["rm", "--force"]])
        await harmless(...verb, id, ...(verb[0] === "send" ? ["x"] : []));
      rmSync(join(agents, id), { recursive: true, force: true });
    });
  }
});

describe("a file of the root that is something else", () => {
  const FILES = ["meta.json", "events.jsonl", "inbox.jsonl", "session.json"];
  const RUN = ["intent.json", "out", "err", "in", "claim", "child", "exit", "stop", "mirror", "feed"];
  const KINDS: Readonly<Record<string, (path: string) => unknown>> = {
    link: (path) => symlinkSync(outside, path),
    fifo: (path) => spawnSync("mkfifo", [path]),
    folder: (path) => mkdirSync(path),
  };
  for (const [kind, make] of Object.entries(KINDS)) {
    test(`is neither read nor written nor waited for: ${kind}`, async () => {
      await stopSupervisor();
      const files = [...FILES, ...RUN.map((name) => `runs/000001/${name}`)];
      for (const file of files) {
        const id = `odd-${kind}${files.indexOf(file)}`;
        const folder = join(agents, id);
        mkdirSync(join(folder, "runs", "000001"), { recursive: true });
        const skepPart = { args: ["cat"], options: { stdin: true } };
        writeFileSync(
          join(folder, "meta.json"),
          JSON.stringify({
            id,
            task: "cat",
            dir: box.folder,
            started: new Date().toISOString(),
            runner: "exec",
            skep: skepPart,
          }),
        );
        rmSync(join(folder, file), { force: true });
        make(join(folder, file));
      }
      const ids = files.map((_, at) => `odd-${kind}${at}`);
      for (const words of [["ls", "-a"], ["reload"], ["logs", "--all"], ["logs", "--events", "--all"]])
        await harmless(...words);
      await harmless("send", "--queue", ids[2] ?? "", "hello");
      await harmless("resume", ...ids, "--force", "-y");
      await harmless("stop", ...ids, "--grace", "100ms", "-y");
      await harmless("rm", ...ids, "--force", "-y");
    });
  }

  test("keeps the supervisor from starting, with a reason: lock, supervisor.json, supervisor.log", async () => {
    for (const name of ["lock", "supervisor.json", "supervisor.log"])
      for (const make of Object.values(KINDS).slice(0, 2)) {
        const own = join(box.folder, "own");
        mkdirSync(own, { recursive: true });
        make(join(own, name));
        const { code, stderr } = await harmless("--root", own, "supervisor", "start");
        // supervisor.json is replaced, whatever it was: it is nobody's but the supervisor's.
        if (code !== 0) assert.match(stderr, /^skep: (?!.*internal).*\n$/, name);
        else await harmless("--root", own, "supervisor", "stop");
        rmSync(own, { recursive: true });
      }
  });

  test("is not written through where a temporary file will be", async () => {
    const id = await ended("temp");
    const pid = readRecord(root)?.pid;
    for (const make of [KINDS["link"], KINDS["fifo"]]) {
      make?.(join(agents, id, `meta.json.${pid}.tmp`));
      assert.equal((await harmless("resume", id)).code, 0);
      await ok("wait", id);
    }
  });
});

describe("a meta.json that names other places", () => {
  test("leads nowhere: they are not read, written, dialled or deleted", async () => {
    const pipe = join(victim, "pipe");
    spawnSync("mkfifo", [pipe]);
    for (const [at, path] of [outside, "../../../victim/file", pipe, victim, "/dev/tty"].entries()) {
      const id = `path-00000${at}`;
      mkdirSync(join(agents, id));
      const meta = {
        id,
        task: "t",
        dir: box.folder,
        started: new Date().toISOString(),
        inbox_path: path,
        event_log_path: path,
        session_path: path,
      };
      writeFileSync(join(agents, id, "meta.json"), JSON.stringify(meta));
      for (const words of [
        ["show", id],
        ["logs", "--events", id],
        ["send", id, "x"],
        ["rm", "--force", id],
      ])
        await harmless(...words);
    }
  });
});

describe("the sockets' folder in a shared temporary one", () => {
  const uid = process.getuid?.() ?? 0;
  const shared = join(box.folder, "shared");
  const env = { XDG_RUNTIME_DIR: "", TMPDIR: shared };
  const own = join(box.folder, "shared-root");
  const start = (): Promise<Ran> => skep(["--root", own, "supervisor", "start"], { env });
  const folder = join(shared, `skep-${uid}`);
  beforeEach(() => {
    rmSync(shared, { recursive: true, force: true });
    mkdirSync(shared);
  });
  test("is refused when it is a link, a file or somebody else's, and made private when it is ours", async () => {
    symlinkSync(victim, folder);
    const before = look(victim);
    assert.match((await start()).stderr, /is not our folder/);
    assert.equal(look(victim), before);
    rmSync(folder);
    writeFileSync(folder, "");
    assert.match((await start()).stderr, /skep-\d+/);
    rmSync(folder);
    mkdirSync(folder, { mode: 0o777 });
    assert.equal((await start()).code, 0);
    assert.equal(spawnSync("stat", ["-c", "%a", folder], { encoding: "utf8" }).stdout, "700\n");
    assert.match(
      spawnSync("stat", ["-c", "%a %F", readRecord(own)?.socket ?? ""], { encoding: "utf8" }).stdout,
      /^600 socket/,
    );
    assert.equal((await skep(["--root", own, "supervisor", "stop"], { env })).code, 0);
  });
  test("of another user is refused", { skip: uid === 0 ? false : "skipped: root" }, async () => {
    mkdirSync(folder);
    chownSync(folder, 65534, 65534);
    assert.match((await start()).stderr, /is not our folder/);
  });
});
