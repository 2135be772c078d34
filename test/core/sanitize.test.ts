import assert from "node:assert/strict";
import { test } from "node:test";
import { escapeForTerminal, sanitize, sanitizeLine, sanitizeView } from "../../src/core/sanitize.ts";
import type { Snapshot, SwarmView } from "../../src/types.ts";

/** name, what an agent wrote, what is shown */
const PAYLOADS: readonly (readonly [string, string, string])[] = [
  ["OSC 0, the title, ended by BEL", "a\u001b]0;pwned\u0007b", "ab"],
  ["OSC 0 ended by ST", "a\u001b]0;pwned\u001b\\b", "ab"],
  ["OSC 0 ended by a C1 ST", "a\u001b]0;pwned\u009cb", "ab"],
  ["OSC 0 over two lines", "a\u001b]0;pw\nned\u0007b", "ab"],
  ["OSC 8, a link", "\u001b]8;;http://evil.example\u001b\\click\u001b]8;;\u001b\\", "click"],
  ["OSC 52, the clipboard", "a\u001b]52;c;cm0gLXJmIC8=\u0007b", "ab"],
  ["OSC 52 never ended", "a\u001b]52;c;cm0gLXJmIC8=", "a"],
  ["OSC never ended, with text on the next line", "a\u001b]0;pwned\nb", "a\nb"],
  ["OSC broken off by CAN", "a\u001b]0;pwned\u0018b", "a␘b"],
  ["OSC broken off by another sequence", "a\u001b]0;pwned\u001b[31mb", "ab"],
  ["OSC 1337, a file", "a\u001b]1337;File=name=eA==:AAAA\u0007b", "ab"],
  ["OSC 777, a notification", "a\u001b]777;notify;x;y\u0007b", "ab"],
  ["C1 OSC", "a\u009d0;pwned\u009cb", "ab"],
  ["C1 OSC ended by BEL", "a\u009d0;pwned\u0007b", "ab"],
  ["DCS", 'a\u001bP$q"p\u001b\\b', "ab"],
  ["C1 DCS", "a\u0090+q544e\u009cb", "ab"],
  ["APC", "a\u001b_Gf=100;AAAA\u001b\\b", "ab"],
  ["C1 APC", "a\u009fG\u009cb", "ab"],
  ["PM", "a\u001b^x\u001b\\b", "ab"],
  ["C1 PM", "a\u009ex\u009cb", "ab"],
  ["SOS", "a\u001bXx\u001b\\b", "ab"],
  ["C1 SOS", "a\u0098x\u009cb", "ab"],
  ["CSI, colours", "a\u001b[1;38;5;196mb\u001b[0m", "ab"],
  ["CSI, clearing the screen", "a\u001b[2J\u001b[Hb", "ab"],
  ["CSI, a private mode", "a\u001b[?1049hb", "ab"],
  ["CSI, a report that is typed back", "a\u001b[6nb\u001b[21t", "ab"],
  ["CSI cut at the end", "a\u001b[38;5", "a"],
  ["CSI split by a newline", "a\u001b[3\n1mb", "a\n1mb"],
  ["C1 CSI", "a\u009b31mb", "ab"],
  ["ESC c, a reset", "a\u001bcb", "ab"],
  ["ESC ( 0, another character set", "a\u001b(0b", "ab"],
  ["ESC # 8, a screen of E", "a\u001b#8b", "ab"],
  ["ESC alone at the end", "a\u001b", "a␛"],
  ["a sequence that its neighbours would form", "\u001b\u001b[0m[31mx", "␛[31mx"],
  ["CR, which overwrites the line", "rm -rf /\rls", "rm -rf /␍ls"],
  ["CR LF, which is a line's end", "a\r\nb", "a\nb"],
  ["backspaces", "evil\b\b\b\bgood", "evil␈␈␈␈good"],
  ["NUL", "a\0b", "a␀b"],
  ["ENQ and BEL", "a\u0005\u0007b", "a␅␇b"],
  ["vertical tab and form feed", "a\u000b\u000cb", "a␋␌b"],
  ["shift out", "a\u000eb", "a␎b"],
  ["DEL", "a\u007fb", "a␡b"],
  ["NEL, IND and RI as C1", "a\u0085\u0084\u008db", "a���b"],
  ["a lone C1 ST", "a\u009cb", "a�b"],
  ["bidi overrides", "a\u202egpj.exe\u202c", "a�gpj.exe�"],
  ["bidi isolates", "a\u2066b\u2069", "a�b�"],
  ["bidi marks", "a\u200e\u200f\u061cb", "a���b"],
  ["line and paragraph separators", "a\u2028b\u2029c", "a�b�c"],
  ["zero width spaces and a BOM", "de\u200bploy\u2060\ufeff", "de�ploy��"],
  ["joiners that hide between letters", "de\u200dploy\u200c", "de�ploy�"],
  ["a text hidden in tag characters", "a\u{e0041}\u{e0042}b", "a��b"],
];

for (const [name, written, shown] of PAYLOADS) {
  test(`${name} is harmless`, () => {
    assert.equal(sanitize(written), shown);
  });
}

test("text of any language stays as it is", () => {
  for (const text of ["", "one\n\ttwo", "naïve — 日本語", "👩‍👩‍👧 👨🏽‍💻 ❤️‍🔥", "می‌خواهم", "क्‍ष", "\u0601١٢٣", "🇩🇪 1️⃣"]) {
    assert.equal(sanitize(text), text);
  }
});

test("no control character but newline and tab survives, whatever the order of the pieces", () => {
  const pieces = [
    "\u001b",
    "[",
    "]",
    "P",
    "\\",
    "\u0007",
    "\u009b",
    "\u009d",
    "\u009c",
    "\u0018",
    "\r",
    "\n",
    "\t",
    "0;",
    "m",
    "\u200d",
    "\u202e",
    "x",
  ];
  let seed = 1;
  for (let round = 0; round < 3000; round++) {
    let text = "";
    for (let length = 0; length < 12; length++) {
      seed = (seed * 48271) % 0x7fffffff;
      text += pieces[seed % pieces.length] ?? "";
    }
    assert.doesNotMatch(sanitize(text), /(?![\n\t])[\p{Cc}\p{Bidi_Control}\u200d]/u, JSON.stringify(text));
    assert.doesNotMatch(sanitizeLine(text), /\p{Cc}/u, JSON.stringify(text));
  }
});

test("a megabyte of hostile text takes time linear in its length", () => {
  const hostile = [
    "\u001b[",
    "\u001b]",
    "\u001b]x\n",
    "\u009d\n",
    "\u001bP\u0018",
    "\u001b ",
    "\u001b[0m",
    "\r",
    "\u200d",
    "👩‍",
    "\u009b;",
  ];
  for (const piece of hostile) {
    const text = `${piece.repeat(1_000_000 / piece.length)}${"y".repeat(100)}`;
    assert.ok(sanitize(text).length <= text.length, JSON.stringify(piece));
  }
  for (const opening of ["\u001b]", "\u001b[", "\u001b", "\u009d"]) {
    for (const filling of [" ", "0", "\n", "a"]) {
      assert.ok(sanitize(opening + filling.repeat(1_000_000)).length <= 1_000_002, JSON.stringify([opening, filling]));
    }
  }
});

test("sanitizeLine folds newlines and tabs into single spaces", () => {
  assert.equal(sanitizeLine("one\r\n\n\ttwo\nthree"), "one two three");
});

test("a view is sanitised to its last string and key, and numbers stay numbers", () => {
  const evil = "x\u001b]0;t\u0007\r";
  const agent: Snapshot = {
    id: "a-1",
    handle: "1",
    task: evil,
    dir: evil,
    started: "2026-11-23T12:00:00.000Z",
    runner: "exec",
    status: "running",
    phase: "waiting",
    activity: evil,
    tail: [evil, "two\nlines"],
    run: 1,
    turns: 2,
    labels: { [evil]: evil },
    waiting: [{ request: evil, what: evil, since: "2026-11-23T12:00:00.000Z" }],
    notes: { deep: [{ [evil]: evil, n: 1, b: true, z: null }] },
  };
  const view: SwarmView = {
    root: evil,
    agents: [agent],
    hidden: 3,
    problems: [{ path: evil, code: "corrupt", message: evil }],
  };
  const shown = sanitizeView(view);
  assert.doesNotMatch(JSON.stringify(shown), /\\u001b|\\r/);
  assert.equal(shown.hidden, 3);
  assert.deepEqual(shown.agents[0], {
    ...agent,
    task: "x␍",
    dir: "x␍",
    activity: "x␍",
    tail: ["x␍", "two\nlines"],
    labels: { "x␍": "x␍" },
    waiting: [{ request: "x␍", what: "x␍", since: "2026-11-23T12:00:00.000Z" }],
    notes: { deep: [{ "x␍": "x␍", n: 1, b: true, z: null }] },
  });
  assert.equal(view.agents[0]?.task, evil, "what is stored is untouched");
});

test("a note that is nested beyond reason, or named __proto__, harms nothing", () => {
  const notes: unknown = JSON.parse(`{"__proto__":{"polluted":1},"deep":${"[".repeat(100_000)}${"]".repeat(100_000)}}`);
  const agent = { notes } as unknown as Snapshot;
  const shown = sanitizeView({ root: "/", agents: [agent], hidden: 0, problems: [] });
  assert.match(JSON.stringify(shown), /"__proto__":\{"polluted":1\}.*…/);
  assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
});

test("JSON for a terminal holds no raw control character and parses to the same value", () => {
  const value = {
    a: "\u007f\u0085\u009b31m",
    b: "\u202e\u2066\u200b",
    c: "\u2028\u{e0041}",
    d: "日本 👩‍👩‍👧",
    e: "\u001b[31m\r\n",
  };
  for (const json of [JSON.stringify(value), JSON.stringify(value, undefined, 2)]) {
    const escaped = escapeForTerminal(json);
    assert.doesNotMatch(escaped, /(?!\n)[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u);
    assert.deepEqual(JSON.parse(escaped), value);
  }
});

test("a log line that is no JSON is made harmless too", () => {
  assert.equal(escapeForTerminal("torn \u001b]0;x\u0007\rline\r\n"), "torn \\u001b]0;x\\u0007\\u000dline\r\n");
});
