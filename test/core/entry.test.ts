import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { array, assert as always, boolean, constantFrom, integer, nat, oneof, property } from "fast-check";
import { formatChild, parseLine, type Pieces, type Stream } from "../../src/core/entry.ts";

const T = 1_795_451_371_000;
const TIME = "2026-11-23T16:29:31.000Z";
/** Any text, of what JSON writes otherwise than it is above all. */
const text = array(
  oneof(
    constantFrom("x", '"', "\\", "\0", "\u001f", "\u007f", "\u2028", "\r", "\t", "é", "😀", "\ud800", "\udc00"),
    integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
  ),
).map((parts) => parts.join(""));

describe("a child's line in the log", () => {
  test("is the text as JSON writes it, with the stamp, and reads as the entry that was folded", () => {
    const streams = constantFrom<Stream>("out", "err", "mirror");
    always(
      property(text, streams, boolean(), nat(), integer({ min: 1, max: 3 }), (words, from, eol, at, run) => {
        const end = at + 100 + (eol ? 1 : 0);
        const cursor = { out: 7, err: 8, mirror: from === "out" ? 0 : 9, [from]: end };
        const pieces: Pieces = ["before"];
        const entry = formatChild(pieces, words, "text", { seq: 5, run, t: T, cursor, source: { from, at, eol } });
        const line = pieces.slice(1).join("");
        const mirror = cursor.mirror === 0 ? "" : `,"mirror":${cursor.mirror}`;
        const source = `"from":"${from}","at":${at}${eol ? "" : ',"eol":false'}`;
        const stamp = `{"seq":5,"run":${run},"t":${T},"out":${cursor.out},"err":${cursor.err}${mirror},${source}}`;
        const type = from === "err" ? "stderr" : "stdout";
        const told = JSON.stringify(words.replace(/\r$/, ""));
        assert.equal(line, `{"type":"${type}","time":"${TIME}","text":${told},"skep":${stamp}}`);
        assert.deepEqual(parseLine(line)?.entry, entry);
      }),
    );
  });

  test("keeps the bytes of an object, behind its type where it has none", () => {
    const line = (words: string): string => {
      const pieces: Pieces = [];
      const source = { from: "out", at: 0, eol: true } as const;
      formatChild(pieces, words, "json", { seq: 1, run: 1, t: T, cursor: { out: 9, err: 0, mirror: 0 }, source });
      return pieces.join("");
    };
    const stamp = `"skep":{"seq":1,"run":1,"t":${T},"out":9,"err":0,"from":"out","at":0}}`;
    assert.equal(line(' {"id": 1e0,"id":2} '), `{"type":"json","time":"${TIME}","id": 1e0,"id":2,${stamp}`);
    assert.equal(line("{ }"), `{"type":"json","time":"${TIME}",${stamp}`);
    assert.equal(line('{"type":"a"}'), `{"time":"${TIME}","type":"a",${stamp}`);
    assert.equal(line("[1]"), `{"type":"stdout","time":"${TIME}","text":"[1]",${stamp}`);
  });
});
