/** A root in which everything that somebody else may have written is hostile: one agent a text, the text in every field. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const text = (...lines: readonly unknown[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join("");
export const handle = (at: number): string => String(at).padStart(6, "0");

/** Fields of meta.json, of the log, of an intent and of a run's files that hold the text. */
export function plantAgent(root: string, at: number, evil: string): void {
  const id = `evil-${handle(at)}`;
  const folder = join(root, "agents", id);
  const run = join(folder, "runs", "000001");
  mkdirSync(run, { recursive: true });
  const plain = evil.replaceAll("\n", " ").replaceAll("\0", "");
  const skep = {
    args: [evil],
    labels: { [evil]: evil },
    parent: evil,
    notes: { [evil]: { [evil]: [evil] } },
    options: { [evil]: evil },
    env_names: [evil],
  };
  const meta = { task: evil, dir: evil, model: evil, provider: evil, runner: "evil", inbox_path: evil, skep };
  writeFileSync(join(folder, "meta.json"), text({ id, started: new Date().toISOString(), ...meta }));
  const time = new Date().toISOString();
  writeFileSync(
    join(folder, "events.jsonl"),
    text(
      { type: "agent_started", time },
      { type: "said", time, text: evil },
      { type: "user_message", time, content: [{ type: "text", text: evil }] },
      { type: "assistant_message", time, content: [{ type: "text", text: evil }] },
      { type: "stderr", time, text: evil },
      { type: "tool_call", time, name: evil },
      { type: evil, time, [evil]: evil },
      { type: "error", time, message: evil },
    ),
  );
  writeFileSync(
    join(run, "intent.json"),
    text({
      run: 1,
      resuming: false,
      runner: "evil",
      turns: "none",
      output: "text",
      stdin: "none",
      args: [evil],
      options: {},
      argv: [evil, evil],
      cwd: evil,
      labels: { [evil]: evil },
      time,
      boot: evil,
      pidns: evil,
      machine: evil,
      message: { id: evil, text: evil },
    }),
  );
  writeFileSync(join(run, "claim"), `void ${plain}\n`);
  writeFileSync(join(run, "out"), `${evil}\n`);
  writeFileSync(join(run, "err"), `${evil}\n`);
  writeFileSync(join(folder, "inbox.jsonl"), text({ id: evil, time, text: evil, by: evil }));
}

/** Records that cannot be read: what is told of them holds the text. */
export function plantDamage(root: string, at: number, evil: string): void {
  const damaged = (name: string, meta: string): void => {
    const folder = join(root, "agents", `${name}-${handle(at)}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "meta.json"), meta);
  };
  damaged("other", text({ id: evil, task: evil }));
  damaged("torn", evil);
  // A name that no agent has.
  const plain = evil.replaceAll("\0", "").replaceAll("/", "").slice(0, 60);
  mkdirSync(join(root, "agents", plain), { recursive: true });
  mkdirSync(join(root, "trash"), { recursive: true });
}

/** A plugin that says the texts wherever a plugin can say something. */
export function hostilePlugin(evil: string): string {
  return `const evil = ${JSON.stringify(evil)};
export default ({ log }) => {
  log.warn(evil); log.info(evil);
  console.log(evil); console.warn(evil); console.error(evil); console.info(evil); console.debug(evil);
  return { name: "evil", version: "1.0.0", api: 1,
    handlers: [{ name: "evil", runner: "evil", types: ["said"], handle: ({ data }) => [
      { kind: "activity", text: data.text }, { kind: "agent_session", id: data.text },
      { kind: "limit", message: data.text, until: data.text }, { kind: "note", name: data.text, value: { [data.text]: data.text } },
      { kind: "waiting", request: data.text, what: data.text }, { kind: "tool", phase: "ended", id: "1", name: data.text, summary: data.text },
      { kind: "error", level: "warning", message: data.text }, { kind: "message", role: "assistant", text: data.text } ] }],
    renderers: [
      { name: "lines", output: "text", render: (view) => JSON.stringify(view, null, 1).replaceAll("\\\\n", "\\n") + Object.values(view.agents).map((agent) => Object.values(agent).join("\\n")).join("\\n") + "\\n" },
      { name: "bytes", output: "data", render: (view) => view.agents.map((agent) => Object.values(agent).join("\\n")).join("\\n") + evil + "\\n" },
    ] };
};
`;
}
export const brokenPlugin = (evil: string): string => `throw new Error(${JSON.stringify(evil)});\n`;
