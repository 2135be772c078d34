import type { AgentUnderTest } from "./agent.ts";
import { acpClaude, acpCodex, acpGemini, acpOpencode } from "./acp.ts";
import { claude } from "./claude.ts";
import { codexApp } from "./codex-app.ts";
import { codex } from "./codex.ts";
import { gemini } from "./gemini.ts";
import { opencode } from "./opencode.ts";

export const AGENTS: readonly AgentUnderTest[] = [
  claude,
  codex,
  codexApp,
  opencode,
  gemini,
  acpOpencode,
  acpGemini,
  acpClaude,
  acpCodex,
];
