import assert from "node:assert/strict";
import { test } from "node:test";
import { columnsOf } from "../../src/cli/columns.ts";
import { renderView } from "../../src/cli/render-view.ts";
import type { Renderer, RenderOptions, SwarmView } from "../../src/types.ts";

const VIEW: SwarmView = { root: "/r\u001b[31m\u009b", agents: [], hidden: 0, problems: [] };
const OPTIONS: RenderOptions = { verb: "ls", color: false, now: "2026-11-23T12:00:00.000Z" };
const renderer = (output: Renderer["output"]): Renderer => ({
  name: "x",
  output,
  render: (view) => JSON.stringify(view.root),
});

test("a text renderer gets sanitised strings, and what it adds is kept", () => {
  const coloured: Renderer = { name: "x", output: "text", render: (view) => `\u001b[1m${view.root}\u001b[22m` };
  assert.equal(renderView(coloured, VIEW, OPTIONS), "\u001b[1m/r\u001b[22m");
});

test("data is as it is in a pipe, and escaped on a terminal", () => {
  assert.equal(renderView(renderer("data"), VIEW, OPTIONS), '"/r\\u001b[31m\u009b"');
  assert.equal(renderView(renderer("data"), VIEW, { ...OPTIONS, columns: 80 }), '"/r\\u001b[31m\\u009b"');
});

test("only a terminal has a width", () => {
  assert.equal(columnsOf({ columns: 100 }), undefined);
  assert.equal(columnsOf({ isTTY: true, columns: 100 }), 100);
  assert.equal(columnsOf({ isTTY: true, columns: 0 }), 80);
  assert.equal(columnsOf({ isTTY: true }), 80);
});
