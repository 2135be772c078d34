import assert from "node:assert/strict";
import { test } from "node:test";
import json from "../../plugins/json/index.ts";
import ndjson from "../../plugins/ndjson/index.ts";
import { renderView } from "../../src/cli/render-view.ts";
import type { Renderer, RenderOptions, Snapshot, SwarmView } from "../../src/types.ts";
import { SNAPSHOT } from "./run-spec.ts";

const rendererOf = (renderers: readonly Renderer[] | undefined): Renderer =>
  renderers?.[0] ?? assert.fail("no renderer");
const OPTIONS: RenderOptions = { verb: "ls", color: true, now: "2026-11-23T12:00:00.000Z" };
const evil: Snapshot = {
  ...SNAPSHOT,
  id: "evil-1",
  task: "\u001b]0;x\u0007\u009b31m\u202e\u2028\r\n",
  notes: { none: null },
};
const viewOf = (...agents: readonly Snapshot[]): SwarmView => ({ root: "/state", agents, hidden: 1, problems: [] });
const print = (renderer: Renderer, view: SwarmView, options: Partial<RenderOptions> = {}): string =>
  renderView(renderer, view, { ...OPTIONS, ...options });

test("json is a list of snapshots, key for key, and for show the one", () => {
  const renderer = rendererOf(json.renderers);
  assert.deepEqual(JSON.parse(print(renderer, viewOf(SNAPSHOT, evil))), [SNAPSHOT, evil]);
  assert.deepEqual(JSON.parse(print(renderer, viewOf(SNAPSHOT), { verb: "wait" })), [SNAPSHOT]);
  assert.deepEqual(JSON.parse(print(renderer, viewOf(evil), { verb: "show" })), evil);
  assert.equal(print(renderer, viewOf()), "[]\n");
  assert.match(print(renderer, viewOf(SNAPSHOT)), /^\[\n {2}\{\n {4}"id": .*\n\]\n$/s);
});

test("ndjson is one snapshot a line", () => {
  const renderer = rendererOf(ndjson.renderers);
  const lines = print(renderer, viewOf(SNAPSHOT, evil)).split("\n");
  assert.deepEqual(
    lines.slice(0, -1).map((line) => JSON.parse(line) as unknown),
    [SNAPSHOT, evil],
  );
  assert.equal(lines.at(-1), "");
  assert.equal(print(renderer, viewOf()), "");
});

test("both are harmless on a terminal and parse to the same", () => {
  for (const plugin of [json, ndjson]) {
    const renderer = rendererOf(plugin.renderers);
    assert.equal(renderer.output, "data");
    const shown = print(renderer, viewOf(evil), { columns: 80 });
    assert.doesNotMatch(shown, /(?!\n)[\p{Cc}\p{Bidi_Control}\p{Zl}]/u);
    assert.deepEqual(JSON.parse(shown), JSON.parse(print(renderer, viewOf(evil))));
  }
});
