/** What `plugins new` writes: a plugin that runs as it stands, a transcript, its pinned state, and a test of all that. */
import type { Pin } from "../testing/pin.ts";

const TRANSCRIPT = "first.jsonl";

/** The files by name. `version`: of the skep that the plugin is tested with. */
export function pluginFiles(name: string, typescript: boolean, version: string): ReadonlyMap<string, string> {
  const ending = typescript ? "ts" : "mjs";
  return new Map([
    [`index.${ending}`, pluginFile(name, typescript)],
    [`index.test.${ending}`, testFile(name, ending)],
    [TRANSCRIPT, transcriptOf(name)],
    [`${TRANSCRIPT}.expected.json`, json(pinOf(name))],
    ["package.json", json(manifest(name, ending, version))],
  ]);
}

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

/** In JavaScript the types stand in comments, which editors read as well. */
function pluginFile(name: string, typescript: boolean): string {
  const declare = (variable: string, type: string): string =>
    typescript ? `const ${variable}: ${type} =` : `/** @type {import("skep").${type}} */\nconst ${variable} =`;
  const isText = typescript
    ? "const isText = (value: unknown): value is string =>"
    : "/** @param {unknown} value @returns {value is string} */\nconst isText = (value) =>";
  return `// The runner "${name}", and the handler that reads what its agents print.
// The agent is \`cat\`, which prints what it is told: put the command line of yours in its place.
${typescript ? 'import type { EventHandler, Plugin, Runner } from "skep";\n' : ""}
${declare("runner", "Runner")} {
  name: "${name}",
  turns: "resume", // each message is a run of its own; "live": it is sent while a run lives; "none": it takes none
  accepts: ["model"], // flags of \`skep spawn\` that do something here

  // Describes a run; skep starts it. A task is a word of its own, or goes to stdin: never into the program of a shell.
  launch({ agent, message, args }) {
    const lines = [
      { type: "session", id: agent.agent_session ?? agent.id, model: agent.model },
      { type: "answer", text: message?.text },
      { type: "end" },
    ];
    return {
      argv: ["cat", ...args],
      stdin: { kind: "text", text: lines.map((line) => \`\${JSON.stringify(line)}\\n\`).join("") },
    };
  },
};

${isText} typeof value === "string" && value !== "";

${declare("handler", "EventHandler")} {
  name: "${name}",
  runner: "${name}",

  // Says what a line means. It has no clock and no state, and any field may be missing or of another kind.
  handle({ type, data: { id, text, error } }) {
    switch (type) {
      case "session":
        return isText(id) ? [{ kind: "agent_session", id }] : [];
      case "answer":
        return isText(text) ? [{ kind: "message", role: "assistant", text }] : [];
      case "end":
        return isText(error) ? [{ kind: "turn_ended", error }] : [{ kind: "turn_ended" }];
      default:
        return undefined; // not ours: another handler is asked, and what nobody wants is counted
    }
  },
};

${declare("plugin", "Plugin")} { name: "${name}", version: "0.1.0", api: 1, runners: [runner], handlers: [handler] };
export default plugin;
`;
}

const testFile = (name: string, ending: string): string => `import { testPlugin } from "skep/testing";
import plugin from "./index.${ending}";

// The contracts of a runner and a handler, and the transcript against the state that is pinned beside it.
const transcripts = [new URL("./${TRANSCRIPT}", import.meta.url)];
await testPlugin(plugin, { runners: { "${name}": { transcripts } } });
`;

const transcriptOf = (name: string): string =>
  [
    { type: "session", id: `${name}-1`, model: "some-model" },
    { type: "answer", text: `Hello from ${name}.` },
    { type: "end" },
  ]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join("");

const pinOf = (name: string): Pin => ({
  state: {
    status: "done",
    phase: "ended",
    activity: "done (offline)",
    run: 1,
    turns: 1,
    agent_session: `${name}-1`,
    exit_code: 0,
    last_assistant: `Hello from ${name}.`,
  },
  transcript: [`Hello from ${name}.`],
});

const manifest = (name: string, ending: string, version: string): object => ({
  name: `skep-plugin-${name}`,
  version: "0.1.0",
  type: "module",
  exports: `./index.${ending}`,
  files: [`index.${ending}`],
  scripts: { test: "node --test" },
  devDependencies: { skep: `^${version}` },
});
