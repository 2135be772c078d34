/** What the package promises: these names, each with what it means, and these files. It reads what `npm run build` made. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { exportsOf } from "./declarations.ts";

const TYPES = "dist/types/src";
const LIBRARY = exportsOf(`${TYPES}/index.d.ts`);
const TESTING = exportsOf(`${TYPES}/testing.d.ts`);
const names = (exported: readonly { readonly name: string }[]): string => exported.map(({ name }) => name).join(" ");

const VALUES = ["SkepError", "definePlugin", "isSettled", "openSwarm", "waitFor"];
const OF_AGENTS =
  "AgentEvent Detail LogEntry MessageState Origin Phase Problem RunExit Snapshot StampedEvent Status SwarmView Time Usage";
const OF_PLUGINS =
  "Awaitable Command Delivery Detected Dialogue DialogueStep Environment EventHandler Hooks Launch Plugin PluginApi PluginModule RenderOptions Renderer RunSpec Runner SpawnRequest Stdin";
const OF_SWARMS =
  "AgentControl ArchiveControl Caller Change ErrorCode MessageControl OpenOptions PluginFile RemoveOptions ResumeOptions SendOptions Settings SpawnOptions StopOptions Swarm SwarmWatch WaitOptions Waited";
const sorted = (...lists: readonly string[]): string =>
  lists
    .flatMap((list) => list.split(" "))
    .sort()
    .join(" ");

describe("the package", () => {
  test("exports these names and no other", async () => {
    assert.equal(names(LIBRARY), sorted(...VALUES, OF_AGENTS, OF_PLUGINS, OF_SWARMS));
    assert.equal(
      names(TESTING),
      "AgentPaths HandlerContract OpenStore PluginContract RunnerContract Store TranscriptSource testHandler testPlugin testRenderer testRunner testStore",
    );
    const [library, testing] = ["../../dist/lib/index.js", "../../dist/lib/testing.js"];
    assert.deepEqual(Object.keys((await import(library)) as object).sort(), VALUES);
    assert.deepEqual(Object.keys((await import(testing)) as object), [
      "testHandler",
      "testPlugin",
      "testRenderer",
      "testRunner",
      "testStore",
    ]);
  });

  test("says of each what it is, and of each number what it counts", () => {
    const exported = [...LIBRARY, ...TESTING];
    assert.deepEqual(
      exported.filter(({ doc }) => !doc).map(({ name }) => name),
      [],
    );
    assert.deepEqual(
      exported.flatMap(({ name, bare }) => bare.map((member) => `${name}.${member}`)),
      [],
    );
  });

  test("holds these files and no other, and is as large as docs/decisions.md says", () => {
    const packed = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { encoding: "utf8" });
    const [{ files, size }] = JSON.parse(packed) as [{ files: { path: string }[]; size: number }];
    const chunk = /^dist\/lib\/[\w-]+-[A-Z0-9]{8}\.js$/;
    assert.deepEqual(
      files
        .map(({ path }) => path)
        .filter((path) => !chunk.test(path))
        .sort(),
      [
        "CHANGELOG.md",
        "LICENSE",
        "README.md",
        ...["cli", "index", "testing"].map((name) => `dist/lib/${name}.js`),
        ...["core/entry", "core/registry", "define-plugin", "errors", "index", "supervisor/open-swarm"].map(typesOf),
        ...["swarm/api", "swarm/caller", "swarm/plugin-file", "swarm/wait", "testing", "testing/check"].map(typesOf),
        ...["handler", "plugin", "renderer", "runner", "store"].map((name) => typesOf(`testing/${name}-contract`)),
        ...["store/store", "testing/transcript-file", "types"].map(typesOf),
        "package.json",
      ].sort(),
    );
    const [, told = "0"] = /packed it has (\d+) KB/.exec(readFileSync("docs/decisions.md", "utf8")) ?? [];
    assert.ok(Math.abs(size / 1_000 / Number(told) - 1) < 0.25, `it has ${size} bytes, not ${told} KB`);
  });
});

const typesOf = (name: string): string => `${TYPES}/${name}.d.ts`;
