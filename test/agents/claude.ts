import type { AgentUnderTest, Place } from "./agent.ts";

export const settleClaude = ({ home, url }: Place): Readonly<Record<string, string>> => ({
  ANTHROPIC_BASE_URL: url,
  ANTHROPIC_API_KEY: "fake",
  CLAUDE_CONFIG_DIR: `${home}/claude`,
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
  CLAUDE_CODE_MAX_RETRIES: "2",
  DISABLE_AUTOUPDATER: "1",
});

export const claude: AgentUnderTest = {
  runner: "claude",
  programs: [
    {
      command: "claude",
      package: "@anthropic-ai/claude-code-linux-x64",
      version: "2.1.330",
      path: "claude",
    },
  ],
  live: true,
  chosen: true,
  asking: {},
  unasked: { flags: ["--approve", "all"] },
  settle: settleClaude,
};
