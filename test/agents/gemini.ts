import { mkdirSync, writeFileSync } from "node:fs";
import type { AgentUnderTest, Place } from "./agent.ts";
import type { Program } from "./install.ts";

export const GEMINI: Program = {
  command: "gemini",
  package: "@google/gemini-cli",
  version: "0.61.0",
  path: "bundle/gemini.js",
};

export function settleGemini({ home, url }: Place): Readonly<Record<string, string>> {
  const folder = `${home}/.gemini`;
  mkdirSync(folder, { recursive: true });
  const settings = {
    security: { auth: { selectedType: "gemini-api-key" } },
    privacy: { usageStatisticsEnabled: false },
    general: { disableAutoUpdate: true, maxAttempts: 2 },
  };
  writeFileSync(`${folder}/settings.json`, JSON.stringify(settings));
  return { HOME: home, GEMINI_API_KEY: "fake", GOOGLE_GEMINI_BASE_URL: url, GEMINI_CLI_TRUST_WORKSPACE: "true" };
}

export const gemini: AgentUnderTest = {
  runner: "gemini",
  programs: [GEMINI],
  flags: ["-m", "gemini-2.5-flash", "--approve", "all"],
  live: false,
  chosen: true,
  settle: settleGemini,
};
