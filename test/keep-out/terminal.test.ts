/** What others wrote reaches no terminal as a command: every hostile text, in every field, through every verb that shows it. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { HOSTILE_TEXTS } from "../../src/testing/hostile.ts";
import { openSandbox } from "../sandbox.ts";
import { brokenPlugin, handle, hostilePlugin, plantAgent, plantDamage } from "./hostile-root.ts";
import { actsIn, hasScript, onTerminal } from "./terminal.ts";

const skip = hasScript ? false : "skipped: script";
const TEXTS = HOSTILE_TEXTS.filter((evil) => actsIn(evil) !== undefined);
/** For verbs that show one at a time: all in one, on lines of their own; each alone with FULL=1, which takes minutes. */
const JOINED = process.env["FULL"] === "1" ? TEXTS : [TEXTS.join("\n")];
const box = openSandbox();
after(() => box.close());

before(() => {
  mkdirSync(box.root, { recursive: true });
  for (const [at, evil] of [...TEXTS, ...JOINED].entries()) {
    plantAgent(box.root, at, evil);
    plantDamage(box.root, at, evil);
  }
  writeFileSync(join(box.folder, "evil.mjs"), hostilePlugin(TEXTS.join("\n")));
});

/** Fails with the first verb whose output a terminal would act on. */
function harmless(verbs: readonly (readonly string[])[], shown: readonly string[], own = false): void {
  assert.equal(shown.length, verbs.length);
  for (const [at, text] of shown.entries()) {
    assert.notEqual(text, "", `skep ${JSON.stringify(verbs[at])} says nothing`);
    const found = actsIn(text, own);
    assert.equal(found, undefined, `skep ${JSON.stringify(verbs[at])}: ${found}`);
  }
}
const plugin = ["--plugin", join(box.folder, "evil.mjs")];

test("there are at least 34 of them, and they would act", { skip }, () => {
  assert.ok(TEXTS.length >= 34, String(TEXTS.length));
});

describe("the whole swarm", () => {
  const verbs = [
    ["ls", "-a"],
    ["ls", "-a", ...plugin],
    ["ls", "-a", "--json", ...plugin],
    ["ls", "-a", "-o", "ndjson"],
    ["ls", "-aq"],
    ["ls", "-a", "-o", "bytes", ...plugin],
    ["ls", "-a", "-o", "lines", ...plugin],
    ["reload"],
    ["reload", "--json"],
    ["logs", "--all"],
    ["logs", "--all", "--json"],
    ["logs", "--all", "--events"],
    ["logs", "--all", ...plugin],
    ["wait", "--all"],
    ["wait", "--all", "--json"],
    ["plugins", ...plugin],
    ["plugins", "--json", ...plugin],
  ];
  test("is shown without a control character", { skip }, async () => {
    harmless(verbs, await onTerminal(box, verbs));
  });

  test("is shown with colours and the cursor's moves of skep's own alone", { skip }, async () => {
    const coloured = [
      ["ls", "-a", "--color", "always"],
      ["ls", "-a", "--color", "always", ...plugin],
    ];
    harmless(coloured, await onTerminal(box, coloured), true);
  });
});

describe("one agent", () => {
  const each = (...words: readonly string[]): readonly (readonly string[])[] =>
    JOINED.map((_, at) => [...words, `evil-${handle(TEXTS.length + at)}`]);
  test("is shown in full without a control character", { skip }, async () => {
    const verbs = [...each("show", ...plugin), ...each("show", "--json", ...plugin), ...each("result", ...plugin)];
    harmless(verbs, await onTerminal(box, verbs));
  });

  test("of which nothing can be read is told without one", { skip }, async () => {
    const verbs = JOINED.flatMap((_, at) => [
      ["show", `other-${handle(TEXTS.length + at)}`],
      ["logs", `torn-${handle(TEXTS.length + at)}`, "--json"],
    ]);
    harmless(verbs, await onTerminal(box, verbs));
  });
});

describe("words that skep does not know", () => {
  const wrong = (evil: string): readonly (readonly string[])[] => [
    [evil],
    ["help", evil],
    ["supervisor", evil],
    ["show", evil],
    ["ls", `--status=${evil}`],
    ["ls", "-o", evil],
    ["ls", `--${evil}`],
    ["show", "x", evil],
    ["--config", `/nowhere/${evil}`, "ls"],
    ["spawn", "-r", evil, "x"],
    ["spawn", "-C", `/nowhere/${evil}`, "--", "true"],
    ["spawn", "--env-file", evil, "--", "true"],
    ["spawn", "-e", `${evil}=1`, "--", "true"],
    ["logs", "--all", `--since=${evil}`],
    ["plugins", "new", evil],
    ["plugins", "rm", evil],
    ["plugins", "test", "exec", evil],
    ["plugins", "trust", evil],
    ["--plugin", `/nowhere/${evil}`, "spawn", "-r", "x", "y"],
    ["--root", `/dev/null/${evil}`, "supervisor"],
    ["--json", "show", evil],
    ["--json", evil],
  ];
  test("are repeated without a control character", { skip }, async () => {
    const verbs = JOINED.flatMap((evil) => wrong(evil.replaceAll("\0", "")));
    harmless(verbs, await onTerminal(box, verbs));
  });
});

describe("a root whose own path is hostile", () => {
  test("is named without a control character", { skip }, async () => {
    const name = "r\u001b]0;x\u0007\r\u202e\u009b31m\n";
    const root = join(box.folder, name);
    mkdirSync(root);
    for (const at of [0, 1]) plantDamage(root, at, "x");
    const verbs = [
      ["--root", root, "reload"],
      ["--root", root, "supervisor"],
      ["--root", root, "supervisor", "start"],
      ["--root", root, "supervisor", "status", "--json"],
      ["--root", root, "ls"],
      ["--root", root, "supervisor", "stop"],
    ];
    harmless(verbs, await onTerminal(box, verbs));
  });
});

describe("a plugin that fails", () => {
  test("is told without a control character", { skip }, async () => {
    const path = join(box.folder, "broken.mjs");
    writeFileSync(path, brokenPlugin(TEXTS.join("\n")));
    const verbs = [
      ["--plugin", path, "ls"],
      ["--plugin", path, "plugins"],
      ["--plugin", path, "plugins", "--json"],
      ["--plugin", path, "ls", "-o", "lines"],
      ["--plugin", path, "spawn", "-v", "-r", "evil", "x"],
    ];
    harmless(verbs, await onTerminal(box, verbs));
  });
});

describe("what a live agent says", () => {
  test("is shown without a control character while it comes, and by the verbs that wait for it", { skip }, async () => {
    const file = join(box.folder, "said");
    writeFileSync(file, TEXTS.join("\n"));
    const command = ["--", "sh", "-c", `cat ${file}; cat ${file} >&2; exit 3`];
    const verbs = [
      ["spawn", "-w", ...command],
      ["logs", "-f", "@last"],
      ["show", "@last"],
      ["wait", "@last"],
      ["result", "@last"],
    ];
    harmless(verbs, await onTerminal(box, verbs));
    const log = await box.run(["supervisor", "stop"]);
    assert.equal(log.code, 0);
  });

  test("is drawn again by --watch with the cursor's moves of skep's own alone", { skip }, async () => {
    const verbs = [["ls", "-a", "--watch", "--color", "always", ...plugin]];
    const shown = await onTerminal(box, verbs);
    harmless(verbs, shown, true);
  });
});
