import { mkdirSync, writeFileSync } from "node:fs";
import type { AgentUnderTest, Place } from "./agent.ts";
import type { Program } from "./install.ts";

export const CODEX: Program = { command: "codex", package: "@openai/codex", version: "0.169.0", path: "bin/codex.js" };

/** A provider of its own, and no second try of a request: codex's own tries are counted by the model. */
export function settleCodex({ home, url }: Place): Readonly<Record<string, string>> {
  const folder = `${home}/codex`;
  mkdirSync(folder, { recursive: true });
  const lines = [
    'model = "gpt-5-codex"',
    'model_provider = "fake"',
    "check_for_update_on_startup = false",
    "[model_providers.fake]",
    'name = "fake"',
    `base_url = "${url}/v1"`,
    'env_key = "FAKE_KEY"',
    'wire_api = "responses"',
    "request_max_retries = 1",
    "stream_max_retries = 1",
  ];
  writeFileSync(`${folder}/config.toml`, `${lines.join("\n")}\n`);
  return { CODEX_HOME: folder, FAKE_KEY: "fake" };
}

export const codex: AgentUnderTest = {
  runner: "codex",
  programs: [CODEX],
  args: ["--skip-git-repo-check", "-s", "danger-full-access"],
  live: false,
  chosen: true,
  settle: settleCodex,
};
