import type { AgentUnderTest } from "./agent.ts";
import { claude } from "./claude.ts";
import { codex } from "./codex.ts";
import { gemini } from "./gemini.ts";
import { opencode } from "./opencode.ts";

export const AGENTS: readonly AgentUnderTest[] = [claude, codex, opencode, gemini];
