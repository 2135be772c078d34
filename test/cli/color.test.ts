import assert from "node:assert/strict";
import { test } from "node:test";
import { useColor } from "../../src/cli/color.ts";

const TTY = { isTTY: true };

test("a terminal is coloured, a pipe is not", () => {
  assert.ok(useColor(TTY, {}, "auto"));
  assert.ok(!useColor({}, {}, "auto"));
  assert.ok(!useColor(TTY, { TERM: "dumb" }, "auto"));
});

test("--color beats NO_COLOR, NO_COLOR beats FORCE_COLOR, and that the terminal", () => {
  assert.ok(useColor({}, { NO_COLOR: "1", FORCE_COLOR: "0" }, "always"));
  assert.ok(!useColor(TTY, { FORCE_COLOR: "1" }, "never"));
  assert.ok(!useColor(TTY, { NO_COLOR: "1", FORCE_COLOR: "1" }, "auto"));
  assert.ok(useColor(TTY, { NO_COLOR: "" }, "auto"), "an empty NO_COLOR does not count");
  for (const forced of ["", "1", "3", "true"]) assert.ok(useColor({}, { FORCE_COLOR: forced }, "auto"), forced);
  for (const forced of ["0", "false"]) assert.ok(!useColor(TTY, { FORCE_COLOR: forced }, "auto"), forced);
  assert.ok(!useColor({}, { CI: "1", GITHUB_ACTIONS: "true" }, "auto"));
});
