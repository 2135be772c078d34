import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { errorOf, linesOf, openCli } from "./harness.ts";
import { until } from "../../sandbox.ts";

const cli = openCli();
const { skep, ok, fails, list, show } = cli;

describe("a root that is not there", () => {
  const none = join(cli.box.folder, "none");
  test("is an empty swarm for every verb that means all, and nobody makes it", async () => {
    for (const verb of ["logs", "wait", "cancel", "stop", "resume", "rm"])
      assert.equal(await ok("--root", none, verb, "--all"), "", verb);
    assert.equal(await ok("--root", none, "ls", "--json"), "[]");
    assert.equal(await ok("--root", none, "ls"), "ID  STATUS  RUNNER  AGE  ACTIVITY  TASK");
    assert.deepEqual(JSON.parse(await ok("--root", none, "reload", "--json", "--strict")), {
      root: none,
      loaded: 0,
      errors: [],
    });
    for (const words of [
      ["show", "x"],
      ["result", "x"],
      ["logs", "x"],
      ["send", "x", "hi"],
      ["stop", "@last"],
    ])
      assert.match(await fails(3, "--root", none, ...words), /no agent is called/, words.join(" "));
    assert.match(await fails(5, "--root", none, "supervisor"), /no supervisor runs.*skep supervisor start/);
    assert.match(await fails(5, "--root", none, "supervisor", "stop"), /no supervisor runs/);
    assert.equal(existsSync(none), false);
  });

  test("that is a file is refused by every verb with one line", async () => {
    const file = join(cli.box.folder, "file");
    writeFileSync(file, "");
    for (const words of [
      ["ls"],
      ["show", "x"],
      ["reload"],
      ["logs", "--all"],
      ["stop", "--all"],
      ["spawn", "--", "true"],
    ])
      assert.match(await fails(1, "--root", file, ...words), /file is not a folder/);
    assert.equal(errorOf(await fails(1, "--root", file, "supervisor", "start", "--json")).code, "io");
  });
});

describe("agents by name", () => {
  let ids: readonly string[] = [];
  before(async () => {
    const one = (...args: readonly string[]): Promise<string> => ok("spawn", ...args, "--", "echo", "hi");
    ids = [await one("-n", "alpha"), await one("-n", "alpha"), await one("-n", "beta", "-l", "team=red")];
    await ok("wait", "--all");
  });

  test("are found by id, handle, prefix and @last; an ambiguous name lists who it can be", async () => {
    const [first = "", second = "", third = ""] = ids;
    for (const name of [third, third.slice(-6), "be", "beta", "@last"])
      assert.equal((await show(name)).id, third, name);
    const refused = await fails(3, "show", "alp");
    assert.ok(refused.includes(first) && refused.includes(second), refused);
    const { code, hint } = errorOf(await fails(3, "logs", "alpha", "--json"));
    assert.deepEqual([code, hint], ["ambiguous", "use more characters"]);
    assert.match(await fails(3, "stop", "nobody"), /no agent is called nobody \(skep ls -a shows all\)/);
    for (const name of ["12e4", "007", "0x10", "-", "1e400"])
      assert.ok((await fails(3, "show", name)).includes(`no agent is called ${name}`));
  });

  test("are listed once each, and in the order they were started", async () => {
    assert.equal(await ok("ls", "-q", ...ids.toReversed(), ids[0] ?? ""), ids.join("\n"));
    assert.deepEqual(
      (await list()).map(({ id }) => id),
      ids,
    );
    assert.deepEqual(linesOf(await ok("ls", "-o", "ndjson")), JSON.parse(await ok("ls", "-o", "json")));
    assert.deepEqual(linesOf(await ok("show", "-o", "ndjson", "beta")), [
      JSON.parse(await ok("show", "beta", "--json")),
    ]);
  });

  test("are narrowed by label, status, phase and folder", async () => {
    const third = ids[2] ?? "";
    assert.equal(await ok("ls", "-q", "-l", "team=red"), third);
    assert.equal(await ok("ls", "-q", "-l", "team=blue"), "");
    assert.equal(await ok("ls", "-q", "--status", "done,failed", "--phase=ended", "--label", "team=red"), third);
    assert.equal(await ok("ls", "-q", "--status", "running"), "");
    mkdirSync(join(cli.work, "deeper"));
    const here = await skep(["ls", "-q", "--here"], { cwd: cli.box.folder });
    const deeper = await skep(["ls", "-q", "--here"], { cwd: join(cli.work, "deeper") });
    assert.deepEqual([here.stdout.trim().split("\n"), deeper.stdout], [ids, ""]);
  });

  test("of another session are seen by their whole id alone", async () => {
    const mine = await ok("spawn", "--session", "s1", "-n", "mine", "--", "true");
    await ok("wait", mine);
    const as = (session: string, ...args: readonly string[]): ReturnType<typeof skep> =>
      skep(args, { env: { SKEP_SESSION: session } });
    assert.equal((await show(mine)).session_id, "s1");
    assert.ok((await as("s1", "ls", "-q")).stdout.includes(mine));
    assert.ok((await as("s1", "ls", "-q")).stdout.includes(ids[0] ?? ""), "those of none are everybody's");
    assert.ok(!(await as("s2", "ls", "-q")).stdout.includes(mine));
    assert.equal((await as("s2", "show", "mine")).code, 3);
    assert.equal((await as("s2", "show", mine)).code, 0);
    assert.equal((await as("s2", "ls", "-q", mine)).stdout.trim(), mine);
    assert.equal((await as("s2", "ls", "-q", "--session", "s1", "mine")).stdout.trim(), mine, "the flag counts");
    assert.equal((await as("s2", "rm", "--all", "-y", "-l", "none=here")).code, 0);
  });
});

describe("damaged records", () => {
  test("are told by reload and hide nobody", async () => {
    const root = join(cli.box.folder, "damaged");
    const agents = join(root, "agents");
    const write = (id: string, meta: string): void => {
      mkdirSync(join(agents, id), { recursive: true });
      writeFileSync(join(agents, id, "meta.json"), meta);
    };
    write("good-aaaaaa", JSON.stringify({ id: "good-aaaaaa", task: "t", dir: "/", started: "2026-01-01T00:00:00Z" }));
    write("torn-bbbbbb", "{");
    write("list-cccccc", "[]");
    write("noid-dddddd", "{}");
    write("name-eeeeee", '{"id":"other"}');
    mkdirSync(join(agents, "fold-ffffff", "meta.json"), { recursive: true });
    mkdirSync(join(agents, "none-gggggg"));
    mkdirSync(join(agents, "link-hhhhhh"));
    symlinkSync(join(agents, "good-aaaaaa", "meta.json"), join(agents, "link-hhhhhh", "meta.json"));
    const found: unknown = JSON.parse(await ok("--root", root, "reload", "--json"));
    assert.ok(typeof found === "object" && found !== null && "errors" in found && Array.isArray(found.errors));
    assert.deepEqual({ ...found, errors: found.errors.length }, { root, loaded: 1, errors: 6 });
    for (const error of found.errors as readonly unknown[])
      assert.deepEqual(Object.keys(error ?? {}).toSorted(), ["code", "message", "path"]);
    const strict = await skep(["--root", root, "reload", "--strict"]);
    assert.equal(strict.code, 1);
    assert.match(strict.stdout, /1 loaded, 6 not\n.*fold-ffffff/);
    const listed = await skep(["--root", root, "ls", "-aq"]);
    assert.deepEqual([listed.stdout, listed.code], ["good-aaaaaa\n", 0]);
    assert.match(listed.stderr, /6 records could not be read; skep reload says which/);
    assert.match(await fails(3, "--root", root, "show", "none-gggggg"), /no agent/);
    assert.match(await fails(1, "--root", root, "show", "torn-bbbbbb"), /meta\.json/);
  });
});

describe("a root of zot's", () => {
  test("is read as it stands, and nothing is written", async () => {
    const root = join(cli.box.folder, "zot");
    const agents = {
      "turns-000001": "two-turns",
      "failed-000002": "failed",
      "gone-000003": "cancelled",
      "cut-000004": "resumed",
    };
    for (const [id, log] of Object.entries(agents)) {
      const folder = join(root, "agents", id);
      mkdirSync(folder, { recursive: true });
      const path = (name: string): string => join("/moved/away", id, name);
      const meta = { id, task: `do ${log}`, dir: "/repo", started: "2026-03-02T10:15:04.000000417+01:00", model: "m" };
      const paths = {
        inbox_path: path("in.sock"),
        event_log_path: path("events.jsonl"),
        session_path: path("session.json"),
      };
      writeFileSync(join(folder, "meta.json"), JSON.stringify({ ...meta, ...paths, session_id: "", branch: "b" }));
      writeFileSync(join(folder, "events.jsonl"), readFileSync(`test/fixtures/zot/${log}.jsonl`));
    }
    const before = spawnSync("find", [root, "-printf", "%p %s %T@ %C@\n"], { encoding: "utf8" }).stdout;
    const seen = (await list("--root", root, "-a")).map(({ handle, runner, status, phase, activity, turns }) =>
      [handle, runner, status, phase, activity, turns].join(", "),
    );
    assert.deepEqual(seen.toSorted(), [
      "000001, zot, done, ended, done (offline), 2",
      "000002, zot, failed, ended, exit 1 (offline), 1",
      "000003, zot, killed, ended, cancelled (offline), 1",
      "000004, zot, detached, ended, detached (resume to continue), 1",
    ]);
    assert.equal(await ok("--root", root, "result", "turns"), "You are welcome.");
    assert.match(await ok("--root", root, "logs", "gone"), /^user: Run the whole test suite\n→ bash/);
    const hidden = await skep(["--root", root, "ls"]);
    assert.match(hidden.stderr, /4 that ended more than a day ago are not shown; -a shows all/);
    assert.equal(hidden.stdout.split("\n").length, 2);
    const after = spawnSync("find", [root, "-printf", "%p %s %T@ %C@\n"], { encoding: "utf8" }).stdout;
    assert.equal(after, before);
  });
});

/** Once nothing uses the disk: the threads of a process that has ended take a moment to let go of its files. */
const through = (command: string, ...args: readonly string[]): Promise<unknown> =>
  until(
    () => spawnSync(command, args).status,
    (status) => status === 0,
  );

describe("a disk that cannot be written", () => {
  const folder = join(cli.box.folder, "readonly");
  const mayMount = spawnSync("unshare", ["--mount", "true"]).status === 0;
  test("is read as any other, and a change is refused", { skip: !mayMount }, async () => {
    mkdirSync(folder);
    assert.equal(spawnSync("mount", ["-t", "tmpfs", "none", folder]).status, 0);
    try {
      const root = join(folder, "root");
      assert.equal((await skep(["--root", root, "spawn", "-w", "-n", "one", "--", "echo", "hi"])).stdout, "hi\n");
      await ok("--root", root, "supervisor", "stop");
      await through("mount", "-o", "remount,ro", folder);
      assert.equal(await ok("--root", root, "logs", "one"), "hi");
      assert.equal((await list("--root", root))[0]?.status, "done");
      assert.equal(JSON.parse(await ok("--root", root, "show", "one", "--json"))["exit_code"], 0);
      assert.match(await ok("--root", root, "reload"), /1 loaded, 0 not/);
      assert.match(await fails(1, "--root", root, "spawn", "--", "true"), /read-only file system/);
      assert.match(await fails(1, "--root", root, "rm", "one"), /read-only file system/);
    } finally {
      await through("umount", folder);
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
