/** The plugins in the binary, and what each supplies, so that only the wanted ones are loaded. */
import type { PluginModule } from "../define-plugin.ts";

export interface BundledPlugin {
  readonly name: string;
  readonly runners: readonly string[];
  readonly renderers: readonly string[];
  readonly handles: readonly string[]; // runners whose entries its handlers read
  readonly chosen?: readonly string[]; // runners that spawn chooses by itself when theirs is the one agent CLI it finds
  readonly load: () => Promise<{ readonly default: PluginModule }>;
}

export const BUNDLED: readonly BundledPlugin[] = [
  {
    name: "exec",
    runners: ["exec"],
    renderers: [],
    handles: ["exec"],
    load: () => import("../../plugins/exec/index.ts"),
  },
  {
    name: "zot",
    runners: ["zot"],
    renderers: [],
    handles: ["zot", "demo", "exec"],
    chosen: ["zot"],
    load: () => import("../../plugins/zot/index.ts"),
  },
  {
    name: "claude",
    runners: ["claude"],
    renderers: [],
    handles: ["claude"],
    chosen: ["claude"],
    load: () => import("../../plugins/claude/index.ts"),
  },
  {
    name: "codex",
    runners: ["codex"],
    renderers: [],
    handles: ["codex"],
    chosen: ["codex"],
    load: () => import("../../plugins/codex/index.ts"),
  },
  {
    name: "codex-app",
    runners: ["codex-app"],
    renderers: [],
    handles: ["codex-app"],
    load: () => import("../../plugins/codex-app/index.ts"),
  },
  {
    name: "opencode",
    runners: ["opencode"],
    renderers: [],
    handles: ["opencode"],
    chosen: ["opencode"],
    load: () => import("../../plugins/opencode/index.ts"),
  },
  {
    name: "gemini",
    runners: ["gemini"],
    renderers: [],
    handles: ["gemini"],
    chosen: ["gemini"],
    load: () => import("../../plugins/gemini/index.ts"),
  },
  { name: "acp", runners: ["acp"], renderers: [], handles: ["acp"], load: () => import("../../plugins/acp/index.ts") },
  {
    name: "demo",
    runners: ["demo"],
    renderers: [],
    handles: ["demo"],
    load: () => import("../../plugins/demo/index.ts"),
  },
  { name: "output", runners: [], renderers: [], handles: ["*"], load: () => import("../../plugins/output/index.ts") },
  { name: "table", runners: [], renderers: ["table"], handles: [], load: () => import("../../plugins/table/index.ts") },
  { name: "json", runners: [], renderers: ["json"], handles: [], load: () => import("../../plugins/json/index.ts") },
  {
    name: "ndjson",
    runners: [],
    renderers: ["ndjson"],
    handles: [],
    load: () => import("../../plugins/ndjson/index.ts"),
  },
];
