/** What a spawn says, and does not start, where an agent's program is missing, too old or not logged in. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { openCli } from "./harness.ts";

const { box, skep, ok } = openCli();

interface Agent {
  readonly words: readonly string[]; // that spawn it
  readonly command: string;
  readonly package: string;
  readonly code: number; // of the refusal
  readonly oldest?: string;
  readonly login?: string; // the command that logs in
}
const AGENTS: readonly Agent[] = [
  ...["codex", "codex-app"].map((runner): Agent => ({
    words: ["-r", runner, "hi"],
    command: "codex",
    package: "@openai/codex",
    code: 2,
    oldest: "0.100.0",
    login: "codex login",
  })),
  {
    words: ["-r", "opencode", "hi"],
    command: "opencode",
    package: "opencode-ai",
    code: 2,
    oldest: "1.0.0",
    login: "opencode auth login",
  },
  {
    words: ["-r", "gemini", "hi"],
    command: "gemini",
    package: "@google/gemini-cli",
    code: 2,
    oldest: "0.44.0",
    login: "gemini",
  },
  ...(
    [
      ["opencode", "opencode", "opencode-ai", "1.0.0", "opencode auth login"],
      ["gemini", "gemini", "@google/gemini-cli", "0.44.0", "gemini"],
      ["claude", "claude-agent-acp", "@agentclientprotocol/claude-agent-acp", "0.49.0", "claude auth login"],
      ["codex", "codex-acp", "@agentclientprotocol/codex-acp", "1.0.0", "codex login"],
    ] as const
  ).map(([word, command, name, oldest, login]): Agent => ({
    words: ["-r", "acp", "hi", "--", word],
    command,
    package: name,
    code: 1,
    oldest,
    login,
  })),
];

/** A folder for PATH with this program in it, of this version, as npm would lay it out. */
function installed(agent: Pick<Agent, "command" | "package">, version: string, script: string): string {
  const home = mkdtempSync(join(box.folder, "npm-"));
  const folder = join(home, "node_modules", agent.package);
  const bin = join(home, "bin");
  for (const made of [folder, bin]) mkdirSync(made, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: agent.package, version }));
  writeFileSync(join(folder, agent.command), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  symlinkSync(join(folder, agent.command), join(bin, agent.command));
  return bin;
}

/** The one line of a spawn that is refused; nothing was made. */
async function refused(code: number, words: readonly string[], bin?: string): Promise<string> {
  const before = await ok("ls", "-q", "-a");
  const PATH = [...(bin === undefined ? [] : [bin]), "/usr/bin", "/bin"].join(":");
  const ran = await skep(["spawn", ...words], { env: { PATH } });
  assert.deepEqual([ran.code, ran.stdout], [code, ""], ran.stderr);
  assert.equal(await ok("ls", "-q", "-a"), before);
  return ran.stderr;
}

for (const agent of AGENTS) {
  const { words, command, code, oldest = "", login = "" } = agent;
  describe(`spawn ${words.join(" ")}`, () => {
    test("names the program that is missing, where it was looked for, and what installs it", async () => {
      const said = await refused(code, words);
      assert.ok(said.includes(`needs ${command}, which is not on PATH`), said);
      assert.ok(said.includes(`(npm install -g ${agent.package}, then: ${login})`), said);
    });

    test("names the program that is too old, the version it needs, and what installs that", async () => {
      const bin = installed(agent, "0.0.9", "exit 3");
      const said = await refused(code, words, bin);
      assert.ok(said.includes(`needs ${command} ${oldest} or newer, and ${join(bin, command)} is 0.0.9`), said);
      assert.ok(said.includes(`(npm install -g ${agent.package}@latest)`), said);
    });
  });
}

describe("an agent that is not logged in", () => {
  test("is not started where that can be seen: the settings folder and the command are named", async () => {
    const home = join(box.folder, "home");
    for (const [runner, command, name, where, login] of [
      ["codex", "codex", "@openai/codex", ".codex", "codex login, or set CODEX_API_KEY"],
      ["codex-app", "codex", "@openai/codex", ".codex", "codex login, or set CODEX_API_KEY"],
      ["gemini", "gemini", "@google/gemini-cli", ".gemini", "gemini, and log in there, or set GEMINI_API_KEY"],
    ] as const) {
      const bin = installed({ command, package: name }, "9.9.9", "exit 3");
      const said = await refused(2, ["-r", runner, "hi"], bin);
      assert.equal(said, `skep: runner ${runner} needs a login: ${join(home, where)} has none (${login})\n`);
    }
  });

  test("fails at once where only it can tell, with the command that logs in", async () => {
    const opencode = installed(
      { command: "opencode", package: "opencode-ai" },
      "9.9.9",
      "cat > /dev/null; echo 'ProviderAuthError: no key' >&2; exit 1",
    );
    const answer = `{"jsonrpc":"2.0","id":"session/new:2","error":{"code":-32000,"message":"Authentication required"}}`;
    const adapter = installed(
      { command: "codex-acp", package: "@agentclientprotocol/codex-acp" },
      "9.9.9",
      `read -r line; echo '{"jsonrpc":"2.0","id":"initialize:1","result":{"protocolVersion":1}}'
       read -r line; echo '${answer}'; cat > /dev/null`,
    );
    for (const [words, bin, said] of [
      [["-r", "opencode", "hi"], opencode, /login does not work: opencode auth login/],
      [["-r", "acp", "hi", "--", "codex"], adapter, /Authentication required: codex login/],
    ] as const) {
      const ran = await skep(["spawn", "-w", ...words], { env: { PATH: `${bin}:/usr/bin:/bin` } });
      assert.equal(ran.code, 1, ran.stderr);
      assert.match(ran.stderr, said);
    }
  });
});
