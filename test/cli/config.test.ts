import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parseArgs } from "../../src/cli/args.ts";
import { configFolder, parseConfig, readConfig } from "../../src/cli/config.ts";
import { GLOBAL_FLAGS } from "../../src/cli/flags.ts";
import { readSettings, type Settings } from "../../src/cli/settings.ts";
import { SkepError } from "../../src/errors.ts";
import type { Environment } from "../../src/types.ts";

const PATH = "/etc/skep/config.json";

function refuses(work: () => unknown, message: string, hint?: string): void {
  assert.throws(work, (error) => {
    assert.ok(error instanceof SkepError);
    assert.deepEqual({ code: error.code, message: error.message, hint: error.hint }, { code: "usage", message, hint });
    return true;
  });
}

/** A folder of its own with a config in it, gone afterwards. */
function withConfig(content: string | undefined, body: (home: string, path: string) => void): void {
  const home = mkdtempSync(join(tmpdir(), "skep-config-"));
  try {
    const path = join(home, "skep", "config.json");
    mkdirSync(join(home, "skep"));
    if (content !== undefined) writeFileSync(path, content);
    body(home, path);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

describe("the config", () => {
  test("an empty one has the defaults", () => {
    assert.deepEqual(parseConfig("{}", PATH), { path: PATH, plugins: [], presets: new Map(), supervisorIdle: 600_000 });
  });

  test("every key is read, durations in milliseconds, plugins relative to its folder", () => {
    const content = {
      runner: "review",
      plugins: ["./mine.ts", "/abs/its.ts", { path: "../other.ts", options: { deep: [1] } }],
      runners: {
        review: {
          use: "claude",
          model: "big",
          provider: "p",
          args: ["-x"],
          dir: "sub",
          approve: "ask",
          hint: "log in",
        },
        aider: { use: "exec", argv: ["aider", "{task}"], env: { A: "1" } },
      },
      idle_timeout: "30m",
      supervisor_idle: "0s",
      resume_message: "go on",
      retain: { run_files: "drop", older_than: "7d", max_log_bytes: 65_536 },
    };
    assert.deepEqual(parseConfig(`\ufeff${JSON.stringify(content)}`, PATH), {
      path: PATH,
      runner: "review",
      plugins: [
        { path: "/etc/skep/mine.ts", from: "config" },
        { path: "/abs/its.ts", from: "config" },
        { path: "/etc/other.ts", from: "config", options: { deep: [1] } },
      ],
      presets: new Map<string, unknown>(Object.entries(content.runners)),
      idleTimeout: 1_800_000,
      supervisorIdle: 0,
      resumeMessage: "go on",
      retain: { runFiles: "drop", runFilesAge: 604_800_000, maxLogBytes: 65_536 },
    });
  });

  test("an unknown key is told at every depth, with the nearest one", () => {
    const known = "known: runner, plugins, runners, idle_timeout, supervisor_idle, resume_message, retain";
    for (const [content, where, hint] of [
      ['{"runer":"x"}', "runer", "did you mean runner?"],
      ['{"frobnicate":1}', "frobnicate", known],
      ['{"__proto__":{}}', "__proto__", known],
      ['{"runners":{"a":{"use":"x","modle":"y"}}}', "runners.a.modle", "did you mean model?"],
      ['{"runners":{"a":{"us":"x"}}}', "runners.a.us", "did you mean use?"],
      ['{"plugins":[{"path":"x","option":1}]}', "plugins.0.option", "did you mean options?"],
      ['{"retain":{"run_file":"drop"}}', "retain.run_file", "did you mean run_files?"],
    ] as const) {
      refuses(() => parseConfig(content, PATH), `config ${PATH}: unknown key ${where}`, hint);
    }
  });

  test("a value of another kind is told by its place", () => {
    for (const [content, why] of [
      ["[]", "it is not an object"],
      ["null", "it is not an object"],
      ['{"runner":null}', "runner is not a text"],
      ['{"runner":""}', "runner is empty"],
      ['{"plugins":"x"}', "plugins is not a list"],
      ['{"plugins":[1]}', "plugins.0 is not an object"],
      ['{"plugins":[{}]}', "plugins.0.path is missing"],
      ['{"runners":[]}', "runners is not an object"],
      ['{"runners":{"a":{}}}', "runners.a.use is missing"],
      ['{"runners":{"a":{"use":"exec","argv":[]}}}', "runners.a.argv is empty"],
      ['{"runners":{"a":{"use":"x","env":{"A":1}}}}', "runners.a.env.A is not a text"],
      ['{"idle_timeout":30}', "idle_timeout is not a text"],
      ['{"idle_timeout":"30"}', "idle_timeout is not a duration such as 500ms, 10s, 30m, 2h or 7d"],
      ['{"retain":"drop"}', "retain is not an object"],
      ['{"retain":{"run_files":"pack"}}', "retain.run_files is not keep, compress or drop"],
      ['{"retain":{"max_log_bytes":"1M"}}', "retain.max_log_bytes is not a number"],
      ['{"retain":{"max_log_bytes":70000.5}}', "retain.max_log_bytes is not a whole number"],
      ['{"retain":{"max_log_bytes":1024}}', "retain.max_log_bytes is less than 65536, which is the least"],
      ['{"retain":{"older_than":"7h"}}', "retain.older_than is less than 8h, which is the least"],
    ] as const) {
      refuses(() => parseConfig(content, PATH), `config ${PATH}: ${why}`);
    }
    assert.throws(() => parseConfig("{runner: x}", PATH), /^SkepError: config .*: not JSON: /);
  });

  test("a missing one of the user's own is empty, a missing one that was named is an error", () => {
    withConfig(undefined, (home, path) => {
      assert.equal(readConfig(undefined, { XDG_CONFIG_HOME: home }).path, path);
      assert.throws(() => readConfig(path, {}), /config .*: no such file$/);
      assert.throws(() => readConfig(home, {}), SkepError, "a folder is no config");
    });
  });

  test("one that is a link is read, as in a repository of dotfiles", () => {
    withConfig('{"runner":"zot"}', (home, path) => {
      symlinkSync(path, join(home, "link.json"));
      assert.equal(readConfig(join(home, "link.json"), {}).runner, "zot");
    });
  });

  test(
    "it lies in XDG_CONFIG_HOME if that is absolute, else in the home folder",
    { skip: process.platform === "win32" },
    () => {
      assert.equal(configFolder({ XDG_CONFIG_HOME: "/x" }), "/x/skep");
      assert.equal(configFolder({ XDG_CONFIG_HOME: "x", HOME: "/h" }), "/h/.config/skep");
      assert.equal(configFolder({ XDG_CONFIG_HOME: "", HOME: "/h" }), "/h/.config/skep");
    },
  );
});

describe("the settings", () => {
  const settings = (argv: readonly string[], env: Environment): Settings =>
    readSettings(parseArgs(argv, [], GLOBAL_FLAGS).options, env, "/cwd");

  test("a flag beats the environment, the environment the config, the config the default", () => {
    withConfig('{"runner":"from-config"}', (home) => {
      const env = { XDG_CONFIG_HOME: home, SKEP_ROOT: "/env", SKEP_SESSION: "env", SKEP_RUNNER: "from-env" };
      const given = settings(["--root", "flag", "--session=flag"], env);
      assert.deepEqual([given.root, given.session, given.runner], ["flag", "flag", "from-env"]);
      const bare = settings([], env);
      assert.deepEqual([bare.root, bare.session, bare.runner], ["/env", "env", "from-env"]);
      const none = settings([], { XDG_CONFIG_HOME: home, SKEP_ROOT: "", SKEP_RUNNER: "" });
      assert.deepEqual([none.root, none.session, none.runner], [undefined, undefined, "from-config"]);
    });
  });

  test("SKEP_CONFIG names the config, and --config beats it", () => {
    withConfig('{"runner":"named"}', (home, path) => {
      assert.equal(settings([], { SKEP_CONFIG: path }).runner, "named");
      assert.equal(settings(["--config", path], { SKEP_CONFIG: join(home, "none.json") }).runner, "named");
      assert.throws(() => settings([], { SKEP_CONFIG: join(home, "none.json") }), /no such file/);
    });
  });

  test("plugins that are named come first, and --no-plugins leaves out those of the config", () => {
    withConfig('{"plugins":["c.ts"]}', (home) => {
      const env = { XDG_CONFIG_HOME: home };
      const named = { path: "/cwd/a.ts", from: "flag" };
      assert.deepEqual(settings(["--plugin", "a.ts"], env).plugins, [
        named,
        { path: join(home, "skep/c.ts"), from: "config" },
      ]);
      assert.deepEqual(settings(["--plugin=a.ts", "--no-plugins"], env).plugins, [named]);
    });
  });

  test("the switches and the choice of colour are read", () => {
    const { json, quiet, verbose, yes, color } = settings(["--json", "-qvy", "--color", "never"], { HOME: "/none" });
    assert.deepEqual([json, quiet, verbose, yes, color], [true, true, true, true, "never"]);
    refuses(() => settings(["--color=alwys"], { HOME: "/none" }), "no color is called alwys", "did you mean always?");
  });
});
