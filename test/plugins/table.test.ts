import assert from "node:assert/strict";
import { describe, test } from "node:test";
import table from "../../plugins/table/index.ts";
import { pad, truncate, widthOf } from "../../plugins/table/width.ts";
import { renderView } from "../../src/cli/render-view.ts";
import type { Detail, RenderOptions, Snapshot, SwarmView } from "../../src/types.ts";

const [renderer] = table.renderers ?? [];
assert.ok(renderer);

const NOW = "2026-11-23T12:00:00.000Z";
const HOSTILE = "a\u001b[2J\u001b]0;pwned\u0007\rb\u202e\n\tc";

const ESC = "\u001b";
/** What the table itself adds. */
const COLOURS = new RegExp(`${ESC}\\[\\d+m`, "g");

const agent = (changes: Partial<Snapshot> = {}): Snapshot => ({
  id: "fix-the-lint-a1b2c3",
  handle: "a1b2c3",
  task: "fix the lint errors",
  dir: "/repo",
  started: "2026-11-23T11:57:00.000Z",
  runner: "claude",
  status: "running",
  phase: "working",
  activity: "tool: Edit src/parse.ts",
  tail: [],
  run: 1,
  turns: 2,
  ...changes,
});
const AGENTS: readonly Snapshot[] = [
  agent(),
  agent({
    id: "docs-b2c4d5",
    handle: "b2c4d5",
    phase: "waiting",
    activity: "waiting",
    waiting: [{ request: "r-1", what: "approve: rm -rf dist?", since: "2026-11-23T11:59:00.000Z" }],
    task: "日本語のドキュメントを更新して 👩‍👩‍👧\nand more",
  }),
  agent({
    id: "deps-d4e1f2",
    handle: "d4e1f2",
    status: "failed",
    phase: "ended",
    exit_code: 1,
    activity: "exit 1 (offline)",
  }),
];

function render(agents: readonly Snapshot[], options: Partial<RenderOptions> = {}): string {
  const view: SwarmView = { root: "/state", agents, hidden: 0, problems: [] };
  return renderView(renderer as NonNullable<typeof renderer>, view, { verb: "ls", color: false, now: NOW, ...options });
}
const linesOf = (text: string): readonly string[] => text.replace(/\n$/, "").split("\n");

describe("the table", () => {
  test("in a pipe it is aligned, unfitted and uncoloured, with full ids", () => {
    const task = "long ".repeat(100).trim();
    assert.deepEqual(linesOf(render([agent({ task }), ...AGENTS.slice(1)])), [
      "ID                   STATUS      RUNNER  AGE  ACTIVITY                 TASK",
      `fix-the-lint-a1b2c3  ● working   claude  3m   tool: Edit src/parse.ts  ${task}`,
      "docs-b2c4d5          ◐ waiting   claude  3m   approve: rm -rf dist?    日本語のドキュメントを更新して 👩‍👩‍👧 and more",
      "deps-d4e1f2          ✗ failed 1  claude  3m   exit 1 (offline)         fix the lint errors",
    ]);
  });

  test("no line is wider than the terminal, down to one cell", () => {
    const nasty = agent({
      id: "x".repeat(128),
      handle: "x".repeat(128),
      task: HOSTILE.repeat(50),
      activity: "한국어 ".repeat(30),
      runner: "r".repeat(64),
    });
    for (const agents of [AGENTS, [nasty], [...AGENTS, nasty], []]) {
      for (const columns of [200, 120, 80, 60, 40, 30, 20, 12, 5, 2, 1]) {
        const lines = linesOf(render(agents, { columns }));
        assert.equal(lines.length, agents.length + 1);
        for (const line of lines) assert.ok(widthOf(line) <= columns, `${columns}: ${JSON.stringify(line)}`);
      }
    }
  });

  test("columns stay aligned whatever they hold", () => {
    for (const columns of [200, 80, 40]) {
      const [header = "", ...rows] = linesOf(render(AGENTS, { columns }));
      const at = header.indexOf("STATUS");
      for (const row of rows) assert.match(row.slice(at), /^[●◐✗] /u, row);
    }
  });

  test("a narrow terminal shows handles, and leaves out what tells least", () => {
    const header = (columns: number): string => linesOf(render(AGENTS, { columns }))[0] ?? "";
    assert.match(header(200), /^ID +STATUS +RUNNER +AGE +ACTIVITY +TASK$/);
    assert.match(header(80), /^ID +STATUS +RUNNER +AGE +ACTIVITY +TASK$/);
    assert.match(header(40), /^ID +STATUS +AGE +ACTIVITY$/);
    assert.match(header(20), /^ID +STATUS$/);
    assert.match(render(AGENTS, { columns: 200 }), /^fix-the-lint-a1b2c3 /m);
    assert.match(render(AGENTS, { columns: 40 }), /^a1b2c3 {2}● working /m);
  });

  test("a handle that two agents share is not shown instead of the id", () => {
    const foreign = [agent({ id: "one-1", handle: "1" }), agent({ id: "two-1", handle: "1" }), agent()];
    assert.match(render(foreign, { columns: 40 }), /^one-1 .*\ntwo-1 .*\na1b2c3 /m);
  });

  test("a hostile agent cannot leave its cell", () => {
    const evil = agent({ task: HOSTILE, activity: HOSTILE, runner: HOSTILE, id: HOSTILE, handle: HOSTILE });
    for (const options of [{}, { columns: 80 }, { columns: 20 }, { color: true }, { verb: "show" }]) {
      const text = render([evil, agent()], options).replace(COLOURS, "");
      assert.doesNotMatch(text, /(?![\n\t])[\p{Cc}\p{Bidi_Control}]|pwned/u);
      if (!("verb" in options)) assert.equal(linesOf(text).length, 3);
    }
  });

  test("an endless activity does not pad every other row", () => {
    const text = render([agent({ activity: "a".repeat(1_000_000) }), agent()]);
    assert.ok(text.length < 2000);
  });

  test("each state has a glyph and a word, and a phase that says more than the status", () => {
    const state = (status: Snapshot["status"], phase: Snapshot["phase"], exit_code?: number): string => {
      const [, row = ""] = linesOf(
        render([agent({ status, phase, ...(exit_code === undefined ? {} : { exit_code }) })]),
      );
      return row.split(/ {2,}/)[1] ?? "";
    };
    assert.equal(state("running", "working"), "● working");
    assert.equal(state("running", "idle"), "○ idle");
    assert.equal(state("running", "waiting"), "◐ waiting");
    assert.equal(state("pending", "working"), "◌ pending");
    assert.equal(state("done", "ended", 0), "✓ done");
    assert.equal(state("failed", "ended"), "✗ failed");
    assert.equal(state("failed", "ended", 137), "✗ failed 137");
    assert.equal(state("killed", "ended", 143), "■ killed");
    assert.equal(state("detached", "ended"), "◇ detached");
  });

  test("ages are told in the largest unit, and a clock set back gives none below zero", () => {
    const age = (started: string): string => (linesOf(render([agent({ started })]))[1] ?? "").split(/ {2,}/)[3] ?? "";
    assert.equal(age("2026-11-23T11:59:30.000Z"), "30s");
    assert.equal(age("2026-11-23T09:00:00.000Z"), "3h");
    assert.equal(age("2026-11-01T12:00:00.000Z"), "22d");
    assert.equal(age("2026-11-23T13:00:00.000Z"), "0s");
    assert.equal(age("nonsense"), "0s");
  });

  test("colours come and go by the option alone, and move no column", () => {
    const plain = render(AGENTS, { columns: 80 });
    const coloured = render(AGENTS, { columns: 80, color: true });
    assert.ok(!plain.includes(ESC));
    assert.ok(coloured.includes("\u001b[1m\u001b[33m◐ waiting\u001b[39m\u001b[22m  "));
    assert.equal(coloured.replace(COLOURS, ""), plain);
  });

  test("an empty swarm is a header", () => {
    assert.equal(render([]), "ID  STATUS  RUNNER  AGE  ACTIVITY  TASK\n");
  });
});

describe("the details of one agent", () => {
  const detail: Detail = {
    ...agent({
      task: "two\nlines",
      labels: { team: "red" },
      last_error: "it broke",
      tail: ["user: hi", "hello"],
      queued: 1,
    }),
    usage: { input_tokens: 1200, cost_usd: 0.41 },
    runs: [
      {
        run: 1,
        started: "2026-11-23T11:57:00.000Z",
        ended: "2026-11-23T11:58:00.000Z",
        exit: { reason: "exit", code: 1 },
        argv: ["sh", "-c", "echo it's"],
      },
    ],
    messages: [{ id: "m-1", time: "2026-11-23T11:58:00.000Z", text: "go\non", state: "queued" }],
  };

  test("show everything that is known, with runs and messages", () => {
    assert.equal(
      render([detail], { verb: "show" }),
      [
        "fix-the-lint-a1b2c3  ● working",
        "  task      two",
        "            lines",
        "  activity  tool: Edit src/parse.ts",
        "  error     it broke",
        "  runner    claude",
        "  labels    team=red",
        "  started   2026-11-23T11:57:00.000Z (3m ago)",
        "  turns     2",
        "  usage     1200 in, $0.4100",
        "  queued    1",
        "  dir       /repo",
        "  state     /state/agents/fix-the-lint-a1b2c3",
        "  runs      #1  2026-11-23T11:57:00.000Z  → 2026-11-23T11:58:00.000Z  exit 1  sh -c 'echo it'\\''s'",
        "  messages  m-1  queued     2m ago  go on",
        "  last      user: hi",
        "            hello",
        "  next      skep logs -f fix-the-lint-a1b2c3, skep send fix-the-lint-a1b2c3 <text>",
        "",
      ].join("\n"),
    );
  });

  test("are broken into lines that fit the terminal, and stay in their column", () => {
    const task = `${"words ".repeat(12)}and日本語のとても長い名前のファイル ${"x".repeat(70)}`;
    const shown = render([agent({ task })], { verb: "show", columns: 60 }).split("\n");
    assert.deepEqual(shown.slice(1, 6), [
      "  task      words words words words words words words words",
      "            words words words words",
      "            and日本語のとても長い名前のファイル",
      `            ${"x".repeat(48)}`,
      `            ${"x".repeat(22)}`,
    ]);
    assert.ok(shown.slice(2).every((line) => widthOf(line) <= 60));
  });

  test("tell what an agent waits for, and how one that ended goes on", () => {
    assert.match(
      render([AGENTS[1] ?? agent()], { verb: "show" }),
      /^ {2}waiting {3}approve: rm -rf dist\? \(r-1, 1m\)$/m,
    );
    assert.match(
      render([AGENTS[2] ?? agent()], { verb: "show" }),
      /^ {2}next {6}skep logs deps-d4e1f2, skep resume deps-d4e1f2$/m,
    );
  });
});

describe("the width of a text", () => {
  test("is counted in cells", () => {
    for (const [text, width] of [
      ["", 0],
      ["abc", 3],
      ["é", 1],
      ["e\u0301", 1],
      ["日本", 4],
      ["한국", 4],
      ["ｶﾞ", 2],
      ["（", 2],
      ["“”…●◐✓", 6],
      ["👩‍👩‍👧", 2],
      ["👨🏽‍💻", 2],
      ["❤️", 2],
      ["1️⃣", 2],
      ["🇩🇪", 2],
      ["का", 2],
      ["𠀀", 2],
    ] as const) {
      assert.equal(widthOf(text), width, text);
    }
  });

  test("is what a text is cut to, at a whole character, and filled to", () => {
    assert.equal(truncate("abcdef", 6), "abcdef");
    assert.equal(truncate("abcdef", 5), "abcd…");
    assert.equal(truncate("日本語", 6), "日本語");
    assert.equal(truncate("日本語", 5), "日本…");
    assert.equal(truncate("日本語", 4), "日…");
    assert.equal(truncate("a👩‍👩‍👧b👩‍👩‍👧", 5), "a👩‍👩‍👧b…");
    assert.equal(truncate("日本", 1), "…");
    assert.equal(truncate("ab", 0), "");
    assert.equal(truncate("日", 0), "");
    assert.equal(pad("日本語", 4), "日… ");
    assert.equal(pad("ab", 4), "ab  ");
  });
});
