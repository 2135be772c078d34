import { mkdirSync, writeFileSync } from "node:fs";
import type { AgentUnderTest, Place } from "./agent.ts";
import type { Program } from "./install.ts";

export const OPENCODE: Program = {
  command: "opencode",
  package: "opencode-ai",
  version: "1.18.33",
  path: "bin/opencode.exe",
};

export function settleOpencode({ home, url }: Place): Readonly<Record<string, string>> {
  mkdirSync(home, { recursive: true });
  const model = { tool_call: true, cost: { input: 3, output: 15 }, limit: { context: 100_000, output: 8_000 } };
  const provider = {
    npm: "@ai-sdk/openai-compatible",
    options: { baseURL: `${url}/v1`, apiKey: "fake" },
    models: { "fake-model": model },
  };
  const config = {
    autoupdate: false,
    share: "disabled",
    model: "fake/fake-model",
    small_model: "fake/fake-model",
    provider: { fake: provider },
  };
  writeFileSync(`${home}/opencode.json`, JSON.stringify(config));
  return { HOME: home, OPENCODE_CONFIG: `${home}/opencode.json`, OPENCODE_DISABLE_MODELS_FETCH: "1" };
}

export const opencode: AgentUnderTest = {
  runner: "opencode",
  programs: [OPENCODE],
  live: false,
  chosen: true,
  settle: settleOpencode,
};
