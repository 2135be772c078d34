import assert from "node:assert/strict";
import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { age, bytesIn } from "./archived.ts";
import { errorOf, openCli } from "./harness.ts";

const cli = openCli();
const { root, skep, ok, fails, list, show } = cli;
const folderOf = (id: string): string => join(root, "agents", id);
const archiveOf = (id: string): string => join(root, "archive", id);
const spawn = async (...args: readonly string[]): Promise<string> => {
  const id = await ok("spawn", ...args);
  await skep(["wait", "--exit", id]); // well or badly
  return id;
};
/** Lets agents have ended so many hours ago. */
const old = async (hours: number, ...ids: readonly string[]): Promise<void> => {
  await skep(["supervisor", "stop"]); // unless none runs
  for (const id of ids) age(folderOf(id), hours);
};

describe("archive and unarchive", () => {
  test("take an agent out of the swarm, packed, and bring it back byte for byte", async () => {
    const id = await spawn("-n", "long", "--", "sh", "-c", "seq 1 2000; echo err >&2; exit 3");
    await old(200, id);
    writeFileSync(join(folderOf(id), "snapshot.json"), "one of the agent's own");
    mkdirSync(join(folderOf(id), "empty"));
    const [before, shown] = [bytesIn(folderOf(id)), await show(id)];
    const size = (folder: string): number => [...bytesIn(folder).values()].join("").length;
    const full = size(folderOf(id));

    assert.equal(await ok("archive", id), id);
    assert.ok(!existsSync(folderOf(id)));
    assert.deepEqual(await list("-a"), []);
    assert.equal(readFileSync(join(archiveOf(id), "meta.json"), "latin1"), before.get("meta.json"));
    assert.equal(
      gunzipSync(readFileSync(join(archiveOf(id), "events.jsonl.gz"))).toString("latin1"),
      before.get("events.jsonl"),
    );
    assert.ok(size(archiveOf(id)) < full / 5, `${size(archiveOf(id))} of ${full} bytes`);
    for (const name of ["", "meta.json", "snapshot.json", "events.jsonl.gz", "runs"])
      assert.equal(statSync(join(archiveOf(id), name)).mode & 0o077, 0, `${name} is not private`);
    const { runs: _runs, messages: _messages, ...snapshot } = shown;
    assert.deepEqual(await list("--archived"), [snapshot]);
    assert.equal(await ok("ls", "--archived", "-q", "--status", "done"), "");

    assert.equal(await ok("unarchive", "long"), id);
    assert.deepEqual(bytesIn(folderOf(id)), before);
    assert.ok(!existsSync(archiveOf(id)));
    assert.deepEqual(await show(id), shown);
    assert.deepEqual(await list("--archived"), []);
    assert.equal(await ok("rm", id), id);
  });

  test("are refused while anything can still come of the agent, and before eight hours have passed", async () => {
    const gate = join(cli.work, "gate");
    const live = await ok("spawn", "-n", "live", "--", "sh", "-c", `until [ -e ${gate} ]; do sleep 0.05; done`);
    assert.match(await fails(4, "archive", live), /live-\w+ is running: it is not archived/);
    writeFileSync(gate, "");
    await ok("wait", "--exit", live);
    assert.match(await fails(4, "archive", live), /ended, or wrote, less than 8 hours ago, at 2/);
    assert.match(await fails(2, "archive", "--force", live), /archive has no flag --force/);
    assert.equal(await ok("archive", "--older-than", "1ms", live), "", "the minimum holds for a choice as well");
    const waits = await ok("spawn", "-r", "demo", "-n", "waits", "hi");
    await ok("wait", waits);
    await ok("stop", waits);
    await ok("send", "--queue", waits, "later");
    const linked = await spawn("-n", "linked", "--", "true");
    const grown = await spawn("-n", "grown", "--", "true");
    await old(9, live, waits, linked, grown);
    assert.match(await fails(4, "archive", waits), /is not archived: it has messages that wait/);
    mkdirSync(join(cli.work, "outside"));
    symlinkSync(join(cli.work, "outside"), join(folderOf(linked), "link"));
    assert.match(await fails(4, "archive", linked), /link is neither a file nor a folder/);
    appendFileSync(join(folderOf(grown), "runs/000001/out"), "more\n");
    assert.match(await fails(4, "archive", grown), /wrote, less than 8 hours ago|has written after its end/);
    assert.match(await ok("logs", grown), /more$/, "what came after its end is kept");
    for (const id of [waits, linked, grown]) assert.ok(existsSync(folderOf(id)));
    for (const name of [waits, linked, grown])
      assert.ok(!existsSync(archiveOf(name)) && !existsSync(archiveOf(`.${name}`)));
    assert.equal(await ok("archive", live), live);
    await ok("rm", "-y", waits, linked, grown);
  });

  test("without names mean what ended more than seven days ago, or --older-than, and pass over the others", async () => {
    const ids = [];
    for (const name of ["months", "week", "day", "now"]) ids.push(await spawn("-n", name, "--", "true"));
    const [months = "", week = "", day = "", now = ""] = ids;
    await old(2_000, months);
    await old(169, week);
    await old(25, day);
    assert.deepEqual((await ok("archive")).split("\n").toSorted(), [months, week].toSorted());
    assert.equal(await ok("archive"), "");
    assert.equal(await ok("archive", "--older-than", "1d", "--status", "failed"), "");
    assert.equal(await ok("archive", "--older-than", "1d"), day);
    assert.deepEqual(
      (await list("-a")).map(({ id }) => id),
      [now],
    );
    assert.equal(await ok("unarchive", months, week, day), [months, week, day].join("\n"));
    assert.equal((await list("-a")).length, 4);
    await ok("rm", "-y", "--all");
  });

  test("do not take empty lines at the end of what a run wrote for more that came of it", async () => {
    const id = await spawn("-n", "blank", "--", "printf", "a\\n \\n\\n");
    await old(9, id);
    assert.equal(await ok("archive", id), id);
  });

  test("tell where an archived agent is, and give its id to nobody else", async () => {
    const id = await spawn("-n", "away", "--", "true");
    await old(9, id);
    await ok("archive", id);
    assert.match(await fails(4, "show", id), /^skep: away-\w+ is archived \(skep unarchive away-\w+\)$/);
    assert.equal(errorOf(await fails(4, "resume", "--json", id.slice(-6))).code, "state");
    assert.equal(errorOf(await fails(3, "unarchive", "--json", "nobody")).code, "not_found");
    assert.match(await fails(2, "ls", "--archived", "--watch"), /--archived and --watch do not go together/);
    const here = await spawn("-n", "here", "--", "true");
    assert.match(await fails(3, "unarchive", here), /no archived agent is called here-/);
    await ok("unarchive", id);
  });

  test("keep what is packed when it cannot be unpacked", async () => {
    const id = await spawn("-n", "damaged", "--", "seq", "1", "1000");
    await old(9, id);
    await ok("archive", id);
    const packed = join(archiveOf(id), "events.jsonl.gz");
    const bytes = readFileSync(packed);
    writeFileSync(packed, bytes.subarray(0, bytes.length - 20));
    const before = bytesIn(dirname(packed));
    assert.match(await fails(1, "unarchive", id), /events\.jsonl\.gz: /);
    assert.deepEqual(bytesIn(dirname(packed)), before);
    assert.ok(!existsSync(folderOf(id)));
    writeFileSync(packed, bytes);
    assert.equal(await ok("unarchive", id), id);
  });

  test("the supervisor clears away what was cut off: a half-made folder, and a copy of what is still in the swarm", async () => {
    const id = await spawn("-n", "cut", "--", "true");
    await old(9, id);
    const before = bytesIn(folderOf(id));
    for (const name of [id, `.${id}`, `-${id}`, "-gone-aaaaaa"]) {
      mkdirSync(join(root, "archive", name), { recursive: true });
      writeFileSync(join(root, "archive", name, "meta.json"), "{");
    }
    writeFileSync(join(root, "archive", ".a note of somebody"), "");
    assert.ok(!(await ok("ls", "--archived", "-q")).includes(id), "only who is not in the swarm");
    await ok("supervisor", "start");
    const left = [...bytesIn(join(root, "archive")).keys()].filter((name) => /^[.-]|^cut-/.test(name));
    assert.deepEqual(left, [".a note of somebody"]);
    assert.deepEqual(bytesIn(folderOf(id)), before);
    assert.equal((await skep(["archive", id])).code, 0);
  });
});
