/** Transcripts captured from the real programs: what each is of, and how it is provoked. capture.ts captures them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { AgentUnderTest } from "./agent.ts";
import { acpClaude, acpCodex, acpGemini, acpOpencode } from "./acp.ts";
import { claude } from "./claude.ts";
import { codexApp } from "./codex-app.ts";
import { codex } from "./codex.ts";
import { gemini } from "./gemini.ts";
import { opencode } from "./opencode.ts";

export interface Capture {
  readonly name: string; // <folder>/<what it is of>
  readonly agent: AgentUnderTest;
  readonly task: string;
  readonly flags?: readonly string[];
  readonly args?: readonly string[];
  /** Before the agent starts in `work`. */
  readonly prepare?: (work: string) => void;
}

const SERVER = { command: "node", args: [resolve("test/fixtures/mcp-server.mjs")] };
const call = (tool: string, input: object): string => `CALL ${tool} ${JSON.stringify(input)}`;
const FILE = "notes.txt";
const ALL = ["--approve", "all"];
const SUBAGENT = { description: "Say hi", prompt: "say hi from a sub-agent", subagent_type: "general-purpose" };

const CLAUDE: readonly Capture[] = [
  { name: "thinking", agent: claude, task: "THINK and say hi" },
  { name: "partial-thinking", agent: claude, task: "THINK PLAIN", args: ["--include-partial-messages"] },
  { name: "write", agent: claude, task: call("Write", { file_path: FILE, content: "one\n" }), flags: ALL },
  {
    name: "mcp",
    agent: claude,
    task: call("mcp__greeter__greet", { name: "Ada" }),
    flags: ALL,
    args: ["--strict-mcp-config", "--mcp-config", JSON.stringify({ mcpServers: { greeter: SERVER } })],
  },
  { name: "subagent", agent: claude, task: call("Task", { ...SUBAGENT, run_in_background: false }), flags: ALL },
  { name: "subagent-background", agent: claude, task: call("Task", SUBAGENT), flags: ALL },
];

const PATCH = `apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: ${FILE}\n+one\n*** End Patch\nEOF\n`;
const CODEX_MCP = [
  "-c",
  `mcp_servers.greeter.command="${SERVER.command}"`,
  "-c",
  `mcp_servers.greeter.args=${JSON.stringify(SERVER.args)}`,
];
const CODEX: readonly Capture[] = [
  { name: "reasoning", agent: codex, task: "THINK and say hi" },
  { name: "file-change", agent: codex, task: call("exec_command", { cmd: PATCH }) },
  {
    name: "mcp",
    agent: codex,
    task: call("greet", { name: "Ada" }),
    args: [...(codex.args ?? []), ...CODEX_MCP],
  },
  { name: "subagent", agent: codex, task: call("spawn_agent", { message: SUBAGENT.prompt }) },
];

const CODEX_APP: readonly Capture[] = [
  { name: "reasoning", agent: codexApp, task: "THINK and say hi" },
  { name: "file-change", agent: codexApp, task: call("exec_command", { cmd: PATCH }) },
  {
    name: "mcp",
    agent: codexApp,
    task: call("greet", { name: "Ada" }),
    args: [...(codexApp.args ?? []), ...CODEX_MCP],
  },
  { name: "subagent", agent: codexApp, task: call("spawn_agent", { message: SUBAGENT.prompt }) },
];

function giveOpencodeMcp(work: string): void {
  const greeter = { type: "local", command: [SERVER.command, ...SERVER.args] };
  writeFileSync(join(work, "opencode.json"), JSON.stringify({ mcp: { greeter } }));
}
const OPENCODE: readonly Capture[] = [
  { name: "reasoning", agent: opencode, task: "THINK and say hi", args: ["--thinking"] },
  { name: "write", agent: opencode, task: call("write", { filePath: FILE, content: "one\n" }) },
  {
    name: "edit",
    agent: opencode,
    task: call("edit", { filePath: FILE, oldString: "one", newString: "two" }),
    prepare: (work) => writeFileSync(join(work, FILE), "one\n"),
  },
  {
    name: "mcp",
    agent: opencode,
    task: call("greeter_greet", { name: "Ada" }),
    prepare: giveOpencodeMcp,
  },
  { name: "subagent", agent: opencode, task: call("task", { ...SUBAGENT, subagent_type: "general" }) },
];

const GEMINI: readonly Capture[] = [
  { name: "thoughts", agent: gemini, task: "THINK and say hi" },
  { name: "write", agent: gemini, task: call("write_file", { file_path: FILE, content: "one\n" }) },
  {
    name: "mcp",
    agent: gemini,
    task: call("mcp_greeter_greet", { name: "Ada" }),
    prepare(work) {
      mkdirSync(join(work, ".gemini"));
      writeFileSync(join(work, ".gemini/settings.json"), JSON.stringify({ mcpServers: { greeter: SERVER } }));
    },
  },
  {
    name: "subagent",
    agent: gemini,
    task: call("invoke_agent", { agent_name: "generalist", prompt: SUBAGENT.prompt }),
  },
];

/** The same of an agent that speaks ACP, each with a title. */
const acp = (title: string, agent: AgentUnderTest, tasks: Readonly<Record<string, string>>): readonly Capture[] =>
  Object.entries(tasks).map(([name, task]) => ({ name: `${title}-${name}`, agent, task, ...agent.unasked }));
const THINK = "THINK and say hi";
const ACP: readonly Capture[] = [
  ...acp("claude", acpClaude, {
    thinking: THINK,
    write: call("Write", { file_path: FILE, content: "one\n" }),
    subagent: call("Task", { ...SUBAGENT, run_in_background: false }),
  }),
  ...acp("codex", acpCodex, {
    reasoning: THINK,
    "file-change": call("exec_command", { cmd: PATCH }),
    subagent: call("spawn_agent", { message: SUBAGENT.prompt }),
  }),
  ...acp("gemini", acpGemini, {
    thinking: THINK,
    write: call("write_file", { file_path: FILE, content: "one\n" }),
  }),
  ...acp("opencode", acpOpencode, {
    reasoning: THINK,
    write: call("write", { filePath: FILE, content: "one\n" }),
    subagent: call("task", { ...SUBAGENT, subagent_type: "general" }),
  }),
  {
    name: "opencode-mcp",
    agent: acpOpencode,
    task: call("greeter_greet", { name: "Ada" }),
    prepare: giveOpencodeMcp,
  },
];

const named = (prefix: string, captures: readonly Capture[]): readonly Capture[] =>
  captures.map((one) => ({ ...one, name: `${prefix}${one.name}` }));
export const CAPTURES: readonly Capture[] = [
  ...named("claude/", CLAUDE),
  ...named("codex/", CODEX),
  ...named("codex/app-server-", CODEX_APP),
  ...named("opencode/", OPENCODE),
  ...named("gemini/", GEMINI),
  ...named("acp/", ACP),
];
