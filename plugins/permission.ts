/**
 * `--approve` for agents that cannot ask while they run: what they may do is said at their start. Nothing said: their own
 * settings count. `ask` is refused, since nobody could answer.
 */
export type Permission = "never" | "all" | readonly Pattern[];
/** A tool, and the text that its call must match: `*` is any text. */
export interface Pattern {
  readonly tool: string;
  readonly text: string;
}

/** Of an option's value: a word, or `<tool>` and `<tool>: <text>` patterns. Throws what is wrong with it. */
export function permissionOf(option: unknown, agent: string, instead: string): Permission | undefined {
  if (option === undefined) return undefined;
  const [first, ...more] = (Array.isArray(option) ? option : [option]).map(String);
  if (first === "ask") throw new Error(`${agent} cannot ask while it runs: ${instead}`);
  if ((first === "never" || first === "all") && more.length === 0) return first;
  return [first ?? "", ...more].map((pattern) => {
    const [, tool, text] = /^([\w-]+)(?::\s*(.+))?$/s.exec(pattern) ?? [];
    if (tool === undefined) throw new Error(`--approve: ${JSON.stringify(pattern)} is no <tool> or <tool>: <text>`);
    return { tool, text: text ?? "*" };
  });
}
