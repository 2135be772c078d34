import { test } from "node:test";
import { rendererChecks } from "../../src/testing/renderer-contract.ts";
import type { Renderer } from "../../src/types.ts";
import { assertFails } from "./broken.ts";

const CONTROLS = "prints no control character";
const WIDTH = "lists agents in lines";

const broken = (
  render: Renderer["render"],
  titles: readonly string[],
  why: RegExp,
  output: Renderer["output"] = "text",
): Promise<void> => assertFails(rendererChecks({ name: "it", output, render }), titles, why);
const cut = (text: string, width = 20): string => text.replace(/\s+/g, " ").slice(0, width / 2 - 1);

test("a good renderer passes", async () => {
  await broken(({ agents }) => agents.map(({ task }) => `${cut(task)}\n`).join(""), [], /^$/);
  await broken(
    ({ agents }, { color }) => agents.map(({ id }) => `${color ? `\u001b[1m${cut(id)}\u001b[0m` : cut(id)}\n`).join(""),
    [],
    /^$/,
  );
  await broken(({ agents }) => `${JSON.stringify(agents)}\n`, [], /^$/, "data");
});

test("a control character that a text renderer makes itself is found out", async () => {
  await broken(({ agents }) => agents.map(({ task }) => `${cut(task)}\r\n`).join(""), [CONTROLS], /\\r/);
  await broken(() => "\u001b[2J\n", [CONTROLS], /u001b/);
  await broken(() => "\u001b[1mbold\u001b[0m\n", [CONTROLS], /u001b/);
  await broken(({ agents }) => agents.map(({ task }) => `${decode(cut(task))}\n`).join(""), [CONTROLS], /u001b/);
});
const decode = (text: string): string =>
  text.replace(/\\u([0-9a-f]{4})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));

test("a line that is wider than the terminal is found out, counted in cells", async () => {
  await broken(
    ({ agents }) => agents.map(({ task }) => `${task.replace(/\s+/g, " ")}\n`).join(""),
    [WIDTH],
    /wider than 20/,
  );
  await broken(
    ({ agents }, { columns = 80 }) =>
      agents.map(({ task }) => `${task.replace(/\s+/g, " ").slice(0, columns)}\n`).join(""),
    [WIDTH],
    /wider than \d+.*日本/,
  );
});

test("a renderer that has a state, asks the clock or changes the view is found out", async () => {
  let count = 0;
  await broken(() => `${(count += 1)}\n`, ["is pure"], /./);
  await broken(({ agents }) => `${agents.length} at ${Date.now() > 0}\n`, ["is pure"], /the clock/);
  await broken(
    ({ agents }) => {
      (agents as unknown[]).length = 0;
      return "";
    },
    ["is pure", "gives whole lines", CONTROLS, WIDTH],
    /writable|read only/,
  );
});

test("a text without its last newline, and a renderer that throws for what is unknown, are found out", async () => {
  await broken(({ agents }) => agents.map(({ id }) => cut(id)).join("\n"), ["gives whole lines"], /./);
  await broken(
    ({ agents }) => agents.map(({ model }) => `${cut((model as string).trim())}\n`).join(""),
    ["is pure", "gives whole lines", CONTROLS, WIDTH],
    /./,
  );
});
