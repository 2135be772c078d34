import type { AgentUnderTest } from "./agent.ts";
import { claude } from "./claude.ts";

export const AGENTS: readonly AgentUnderTest[] = [claude];
