import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { test } from "node:test";
import { loadPlugins } from "../../src/swarm/load-plugins.ts";
import { foldFor, pinPath, readPin, writePin } from "../../src/testing/pin.ts";
import { type PluginContract, pluginChecks } from "../../src/testing/plugin-contract.ts";
import type { Plugin } from "../../src/define-plugin.ts";
import type { EventHandler, Runner } from "../../src/types.ts";
import { assertFails } from "./broken.ts";

const runner: Runner = {
  name: "it",
  turns: "resume",
  launch: ({ message, args }) => ({ argv: ["it", ...args], stdin: { kind: "text", text: message?.text ?? "" } }),
};
const handler: EventHandler = {
  name: "it",
  runner: "it",
  handle({ type, data }) {
    if (type !== "answer") return undefined;
    const { text } = data;
    return typeof text === "string" ? [{ kind: "message", role: "assistant", text }, { kind: "turn_ended" }] : [];
  },
};
const plugin: Plugin = { name: "it", version: "1.0.0", api: 1, runners: [runner], handlers: [handler] };
const LINES = ['{"type":"answer","text":"hello"}', "plain"];

async function broken(
  changes: object,
  titles: readonly string[],
  why: RegExp,
  contract?: PluginContract,
): Promise<void> {
  const given = contract ?? { runners: { it: { transcripts: [LINES] } } };
  const checked = await pluginChecks({ ...plugin, ...changes }, given);
  await assertFails(
    checked.flatMap(([, checks]) => checks),
    titles,
    why,
  );
}

test("a good plugin passes, with each of its parts", async () => {
  await broken({}, [], /^$/);
  const subjects = (await pluginChecks(plugin, { runners: { it: { transcripts: [LINES] } } })).map(
    ([subject]) => subject,
  );
  assert.deepEqual(subjects, ["plugin it", "runner it", "handler it for it", "transcript lines"]);
});

test("another api, a wrong shape and a hook that nobody calls are told, and nothing else is looked at", async () => {
  const shape = "has the shape of a plugin";
  await broken({ api: 2 }, [shape], /made for api 2, this skep has api 1/);
  await broken({ runners: [{ name: "it" }] }, [shape], /runners\.0/);
  await broken({ runners: [runner, runner] }, [shape], /two runners have one name/);
  await broken({ hooks: { "agent:stopped": () => {} } }, [shape], /no hook is called agent:stopped/);
  await broken({ runner: [runner] }, [shape], /is runner meant to be runners\?/);
});

test("a version that npm would not take, and a handler without a transcript, are told", async () => {
  await broken({ version: "new" }, ["tells its version"], /new/);
  await broken({}, ["has a transcript for each handler"], /it: give testPlugin/, {});
});

test("a handler of another's runner, or of all, is tested on that runner's output", async () => {
  const text: EventHandler = {
    name: "all",
    runner: "*",
    types: ["stdout"],
    handle: ({ data }) => [{ kind: "activity", text: JSON.stringify(data) }],
  };
  const checked = await pluginChecks(
    { ...plugin, runners: [], handlers: [text] },
    { runners: { exec: { transcripts: [["plain"]] } } },
  );
  assert.deepEqual(
    checked.map(([subject]) => subject),
    ["plugin it", "handler all for exec", "transcript lines"],
  );
  await assertFails(
    checked.flatMap(([, checks]) => checks),
    [],
    /^$/,
  );
});

test("a transcript folds to the state that was pinned beside it, else each difference is told", async () => {
  const folder = mkdtempSync(join(tmpdir(), "skep-pin-"));
  try {
    const path = join(folder, "first.jsonl");
    writeFileSync(path, `${LINES.join("\n")}\n`);
    const contract = { runners: { it: { transcripts: [pathToFileURL(path)] } } };
    await broken({}, [], /^$/, contract);
    const set = await loadPlugins({ plugins: [plugin], warn: assert.fail });
    const { pin, snapshot } = await foldFor(set, "it", { lines: LINES }, 0);
    assert.deepEqual([snapshot.status, snapshot.last_assistant, snapshot.runner], ["done", "hello", "it"]);
    assert.deepEqual(pin.transcript, ["hello", "plain"]);
    writePin(path, pin);
    assert.deepEqual(readPin(path), pin);
    await broken({}, [], /^$/, contract); // it ends with the code that is pinned
    const worse = { ...handler, handle: (entry) => handler.handle(entry)?.slice(0, 1) } satisfies EventHandler;
    await broken(
      { handlers: [worse] },
      ["folds to its pinned state"],
      /state\.status: "done" was pinned, it is "failed".*state\.last_error: nothing was pinned, it is "interrupted/s,
      contract,
    );
    writeFileSync(pinPath(path), "{}");
    await assert.rejects(pluginChecks(plugin, contract), /cannot read .*first\.jsonl\.expected\.json/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
