import type { Snapshot } from "skep";
import type { Format } from "./paint.ts";

export interface State {
  readonly text: string; // a glyph and a word: colour alone tells nothing
  readonly formats: readonly Format[];
}

/** What a user wants to know first: while an agent runs its phase says more than its status, and waiting more than all. */
export function stateOf({ status, phase, exit_code }: Snapshot): State {
  if (phase === "waiting") return { text: "◐ waiting", formats: ["yellow", "bold"] };
  switch (status) {
    case "running":
      return phase === "idle" ? { text: "○ idle", formats: [] } : { text: "● working", formats: ["cyan"] };
    case "pending":
      return { text: "◌ pending", formats: ["dim"] };
    case "done":
      return { text: "✓ done", formats: ["green"] };
    case "failed":
      return { text: exit_code ? `✗ failed ${exit_code}` : "✗ failed", formats: ["red"] };
    case "killed":
      return { text: "■ killed", formats: ["dim"] };
    case "detached":
      return { text: "◇ detached", formats: ["magenta"] };
  }
}
