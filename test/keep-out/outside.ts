/** A place outside of the root that no verb may read, change or wait for. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach } from "node:test";
import type { Cli } from "../cli/verbs/harness.ts";
import type { Ran } from "../sandbox.ts";

const SECRET = "what stands outside of the root";

export interface Outside {
  readonly victim: string; // a folder, with an agent in it
  readonly file: string;
  /** Runs a verb and fails if it hangs, says what stands there, or changes anything there. */
  harmless(...args: readonly string[]): Promise<Ran>;
}

/** Made anew before each test. */
export function openOutside({ box, skep }: Cli): Outside {
  const victim = join(box.folder, "victim");
  const file = join(victim, "file");
  beforeEach(() => {
    rmSync(victim, { recursive: true, force: true });
    const agent = join(victim, "evil-aaaaaa");
    mkdirSync(join(agent, "runs", "000001"), { recursive: true });
    writeFileSync(file, `${SECRET}\n`);
    const said = { type: "assistant_message", content: [{ type: "text", text: SECRET }] };
    for (const name of ["events.jsonl", "runs/000001/out", "runs/000001/err"])
      writeFileSync(join(agent, name), `${JSON.stringify(said)}\n`);
    writeFileSync(join(agent, "meta.json"), `${JSON.stringify({ id: "evil-aaaaaa", task: SECRET })}\n`);
  });
  return {
    victim,
    file,
    async harmless(...args) {
      const before = look(victim);
      const hangs = new Promise<never>((_, reject) =>
        setTimeout(() => reject(new Error(`skep ${args.join(" ")} hangs`)), 40_000).unref(),
      );
      const ran = await Promise.race([skep(args), hangs]);
      const said = `skep ${args.join(" ")}: ${ran.stdout}${ran.stderr}`;
      assert.ok(!said.includes(SECRET), said);
      assert.equal(look(victim), before, said);
      return ran;
    },
  };
}

/** Names, kinds, modes, sizes, times of change and contents of all that is there. */
export const look = (folder: string): string =>
  spawnSync("sh", ["-c", `find ${folder} -printf '%p %y %m %s %T@ %C@\\n' | sort; cat $(find ${folder} -type f)`], {
    encoding: "utf8",
  }).stdout;
