import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decide, parseApproval } from "../../src/core/approval.ts";

describe("an approval", () => {
  test("is one of three words, or patterns", () => {
    for (const word of ["ask", "never", "all"]) assert.equal(parseApproval(word), word);
    assert.equal(parseApproval(["all"]), "all");
    assert.deepEqual(parseApproval("Edit"), ["Edit"]);
    assert.deepEqual(parseApproval(["Edit", "Bash: git *"]), ["Edit", "Bash: git *"]);
    for (const none of [undefined, "", " ", [], ["all", "Edit"], ["Edit", 1], 7, null, {}])
      assert.equal(parseApproval(none), undefined, JSON.stringify(none));
  });

  test("decides what its words say", () => {
    const what = "Bash: rm -rf dist";
    assert.deepEqual([decide("ask", what), decide("all", what), decide("never", what)], [undefined, true, false]);
  });

  test("allows what a pattern covers, and leaves the rest to a person", () => {
    const covered: readonly (readonly [pattern: string, what: string])[] = [
      ["Edit", "Edit: src/main.ts"],
      ["Edit", "Edit"],
      ["Bash: git *", "Bash: git status"],
      ["Bash: git * --stat", "Bash: git diff HEAD --stat"],
      ["Bash: npm test 2>&1 | tail *", "Bash: npm test 2>&1 | tail -5"],
      ["Bash: echo (a|b)", "Bash: echo (a|b)"],
      ["Edit: src/*", "Edit: src/a.ts"],
      ["*", "anything"],
    ];
    for (const [pattern, what] of covered) assert.equal(decide([pattern], what), true, `${pattern} ${what}`);
    const open: readonly (readonly [pattern: string, what: string])[] = [
      ["Edit", "EditAll: x"],
      ["Edit", "Bash: Edit"],
      ["Bash: git *", "Bash: gitk"],
      ["Bash: git *", "Bash: git"],
      ["Bash: a*a", "Bash: a"],
      ["Bash: .*", "Bash: ls"],
      ["Bash: ls", "Bash: ls -l"],
    ];
    for (const [pattern, what] of open) assert.equal(decide([pattern], what), undefined, `${pattern} ${what}`);
  });

  test("lets no wildcard stand for a second command", () => {
    for (const more of ["; rm -rf /", "&& rm x", "| sh", "`rm x`", "$(rm x)", "> ~/.bashrc", "< /etc/passwd", "\nrm x"])
      for (const pattern of ["Bash: git *", "*"])
        assert.equal(decide([pattern], `Bash: git log ${more}`), undefined, `${pattern} ${more}`);
    assert.equal(decide(["Bash: a | b *"], "Bash: a | b c; rm x"), undefined);
  });

  test("is quick on a long text that was made to be slow", () => {
    const pattern = `Bash: ${"*a".repeat(1_000)}b`;
    assert.equal(decide([pattern], `Bash: ${"a".repeat(200_000)}`), undefined);
  });
});
