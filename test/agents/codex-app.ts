import type { AgentUnderTest } from "./agent.ts";
import { CODEX, settleCodex } from "./codex.ts";

export const codexApp: AgentUnderTest = {
  runner: "codex-app",
  programs: [CODEX],
  args: ["-c", 'sandbox_mode="danger-full-access"', "-c", 'approval_policy="never"'],
  live: true,
  asking: { args: ["-c", 'sandbox_mode="read-only"', "-c", 'approval_policy="on-request"'] },
  settle: settleCodex,
};
