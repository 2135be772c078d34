/** skep on a terminal of its own (`script`), and what of its output a terminal would act on. */
import { spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ended, type Sandbox } from "../sandbox.ts";

export const hasScript: boolean = spawnSync("script", ["--version"]).status === 0;

const quote = (word: string): string => `'${word.replaceAll("\0", "").replaceAll("'", `'\\''`)}'`;
const MARK = "=====next=====";

/** What each of these verbs shows on a terminal, stderr too; all of them on one, one after the other. */
export async function onTerminal(
  { folder, env }: Sandbox,
  verbs: readonly (readonly string[])[],
): Promise<readonly string[]> {
  const command = process.env["SKEP_UNDER_TEST"] ?? resolve("dist/skep");
  const script = join(folder, "verbs.sh");
  const lines = verbs.map(
    (words) => `${words.includes("--watch") ? "timeout 2 " : ""}${command} ${words.map(quote).join(" ")}; echo ${MARK}`,
  );
  writeFileSync(script, `stty -onlcr\n${lines.join("\n")}\n`);
  const child = spawn("script", ["-qec", `sh ${script}`, "/dev/null"], {
    cwd: join(folder, "work"),
    env: { ...env, TERM: "xterm-256color", NO_COLOR: "1" },
    stdio: ["pipe", "pipe", "pipe"], // an ended stdin would be typed as ^D
  });
  const { stdout } = await ended(child);
  return stdout.split(`${MARK}\n`).slice(0, -1);
}

/** Colours of the table, and the cursor's moves of `--watch`. */
const ESC = "\u001b";
const OWN = new RegExp(`${ESC}\\[(?:(?:[0-9]|[23][0-9]|9[0-7])m|[HKJ])`, "g");
/** C0, DEL, C1, bidi, separators of lines, tags: whatever moves, hides or reorders, and is no newline or tab. */
const ACTS = /(?![\n\t])[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\u{e0000}-\u{e007f}]/u;

/** The first thing of somebody else's that a terminal would act on; `undefined` when there is none. */
export function actsIn(shown: string, own = false): string | undefined {
  const text = own ? shown.replaceAll(OWN, "") : shown;
  const at = text.search(ACTS);
  return at === -1 ? undefined : JSON.stringify(text.slice(Math.max(0, at - 60), at + 40));
}
