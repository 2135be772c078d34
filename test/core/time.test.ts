import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assert as holds, date, integer, oneof, property, tuple } from "fast-check";
import { isTime, parseLine } from "../../src/core/entry.ts";

const text = (value: number, digits: number): string => String(value).padStart(digits, "0");
const year = integer({ min: 0, max: 9_999 }).map((value) => text(value, 4));
const two = integer({ min: 0, max: 70 }).map((value) => text(value, 2));
const times = oneof(
  date({ noInvalidDate: true, min: new Date("0001-01-01"), max: new Date("9999-12-31") }).map((value) =>
    value.toISOString(),
  ),
  tuple(year, two, two, two, two, two, integer({ min: 0, max: 999 })).map(
    ([of, month, day, hours, minutes, seconds, ms]) =>
      `${of}-${month}-${day}T${hours}:${minutes}:${seconds}.${text(ms, 3)}Z`,
  ),
);

describe("the time of an entry", () => {
  it("is what Date.parse makes of it, and none where that makes nothing of it", () => {
    holds(
      property(times, (time) => {
        const right = Date.parse(time);
        assert.equal(isTime(time), !Number.isNaN(right), time);
        assert.equal(
          parseLine(JSON.stringify({ type: "a", time }))?.entry.received,
          Number.isNaN(right) ? 0 : right,
          time,
        );
      }),
      { numRuns: 2_000 },
    );
  });
});
