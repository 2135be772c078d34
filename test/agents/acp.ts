/** Agents that speak ACP: what they may do unasked is their own settings' affair. */
import type { AgentUnderTest } from "./agent.ts";
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
  asking: { args: ["gemini", "-m", "gemini-2.5-flash"] },
  skips: { "agent killed": "its sessions cannot be loaded: the resume is refused" },
  settle: settleGemini,
};
