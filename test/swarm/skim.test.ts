/** A first look at a log of another supervisor passes over much of it, and shows what a whole fold shows. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { array, assert as holds, asyncProperty, constantFrom, record } from "fast-check";
import { makeSnapshot } from "../../src/core/snapshot.ts";
import { lengthOf } from "../../src/core/transcript.ts";
import { close, openFile } from "../../src/disk.ts";
import { openStore } from "../../src/store/fs-store.ts";
import { openJournal } from "../../src/swarm/journal.ts";
import { loadPlugins, translateFor } from "../../src/swarm/load-plugins.ts";
import { NO_RUN } from "../../src/swarm/observe.ts";
import { readAgent, readMetaOf, type ReadTools } from "../../src/swarm/reload.ts";
import { skimJournal } from "../../src/swarm/skim.ts";
import { addForeign, formatLines, line } from "./foreign-log.ts";

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "skep-skim-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

async function openRoot(): Promise<ReadTools> {
  mkdirSync(join(folder, "agents"), { recursive: true });
  return { store: openStore(folder), plugins: await loadPlugins({ warn: () => {} }), now: () => 0 };
}

describe("a first look at a log of another supervisor", () => {
  test("shows what a whole fold shows", async () => {
    const tools = await openRoot();
    let skimmed = 0;
    const lines = record({ line, how: constantFrom("once", "once", "twice", "torn") });
    await holds(
      asyncProperty(array(lines, { minLength: 5, maxLength: 400, size: "max" }), async (written) => {
        const texts = formatLines(written.map((one) => ({ ...one.line, gap: one.line.gap % 150 })));
        addForeign(
          tools,
          "zot-0",
          written.flatMap(({ line: { text }, how }, at) => {
            const [whole = "", next = ""] = texts.slice(at);
            if (how === "torn") return [whole.slice(0, text.length * 3) + next]; // and written on
            return how === "twice" ? [whole, whole] : [whole];
          }),
        );
        const paths = tools.store.paths("zot-0");
        const journal = openJournal(paths, await translateFor(tools.plugins, "zot"), false);
        const meta = readMetaOf(tools, "zot-0");
        assert.ok(meta !== undefined);
        const agent = await readAgent(tools, "zot-0");
        assert.deepEqual(agent?.snapshot, makeSnapshot(meta, journal.state, { kind: "none" }, NO_RUN));
        const log = openFile(paths.log);
        assert.ok(log !== undefined);
        const { transcript } = skimJournal(paths, journal.translate, log)?.state ?? journal.state;
        if (lengthOf(transcript) < lengthOf(journal.state.transcript)) skimmed += 1;
        close(log.fd);
      }),
      { numRuns: 150 },
    );
    assert.ok(skimmed > 0);
  });

  test("counts what was written twice once, also where the part begins that is held", async () => {
    const tools = await openRoot();
    const end = { word: 5, text: "", gap: 300 };
    const said = Array.from({ length: 12 }, (_, at) => ({ word: 0, text: `line ${at}`, gap: 300 }));
    const same = Array.from({ length: 8 }, () => ({ word: 0, text: "the same", gap: 0 })); // so that the end alone shows too little
    const texts = formatLines([...Array.from({ length: 1_200 }, () => end), ...said, ...same]);
    for (let cut = 0; cut < 4; cut += 1) {
      const filler = `{"type":"stdout","text":"${"x".repeat(cut * 40)}"}`; // moves where the part begins
      const turns = texts.slice(0, 1_200).flatMap((text) => [text, text]);
      addForeign(tools, "zot-0", [filler, ...turns, filler, ...texts.slice(1_200)]);
      const paths = tools.store.paths("zot-0");
      const whole = openJournal(paths, await translateFor(tools.plugins, "zot"), false);
      const log = openFile(paths.log);
      assert.ok(log !== undefined);
      const skimmed = skimJournal(paths, whole.translate, log);
      close(log.fd);
      assert.equal(whole.state.turns, 1_200);
      assert.equal(skimmed?.state.turns, whole.state.turns);
    }
  });
});
