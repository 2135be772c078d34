import assert from "node:assert/strict";
import { test } from "node:test";
import { withoutMarks } from "../../src/core/nested.ts";

test("what an agent leaves in the environment does not reach another, unless it is named for it", () => {
  const env = {
    PATH: "/bin",
    CLAUDECODE: "1",
    CLAUDE_CODE_ENTRYPOINT: "cli",
    CLAUDE_CODE_SESSION_ID: "x",
    CLAUDE_CONFIG_DIR: "/c",
  };
  assert.deepEqual(withoutMarks(env), { PATH: "/bin", CLAUDE_CONFIG_DIR: "/c" });
  assert.deepEqual(withoutMarks(env, ["CLAUDECODE"]), { PATH: "/bin", CLAUDECODE: "1", CLAUDE_CONFIG_DIR: "/c" });
});
