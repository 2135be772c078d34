/** The library as it is shipped, in a project that has nothing else of skep. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { endRemains } from "../remains.ts";
import { ended, until } from "../sandbox.ts";
import { type Consumer, makeConsumer, type Runtime } from "./consumer.ts";

let consumer: Consumer;
before(() => {
  consumer = makeConsumer();
});
after(() => consumer.close());

const STEPS = ["reloaded", "adopted", "sent", "resumed", "heard", "closed"];

describe("a program that embeds the packed library", () => {
  test("type-checks, as strictly as can be, with the declarations of the package themselves", () => {
    execFileSync(resolve("node_modules/.bin/tsc"), ["-p", "."], { cwd: consumer.folder, stdio: "inherit" });
  });

  for (const runtime of ["node", "bun", "deno"] satisfies Runtime[])
    test(`is killed under ${runtime} in the middle of its work, and the next one goes on with it`, async () => {
      const folder = mkdtempSync(join(tmpdir(), "skep-embeds-"));
      const env = { PATH: process.env["PATH"] ?? "", HOME: folder, XDG_RUNTIME_DIR: folder, NO_COLOR: "1" };
      const holder = consumer.start(runtime, ["hold", folder], env);
      try {
        const held = ended(holder);
        let said = "";
        holder.stdout?.on("data", (chunk: Buffer) => (said += chunk.toString("utf8")));
        await until(
          () => said,
          (text) => text.includes("held\n") || holder.exitCode !== null,
        );
        holder.kill("SIGKILL");
        const first = await held;
        assert.deepEqual([first.stdout, first.stderr, holder.signalCode], ["held\n", "", "SIGKILL"]);
        const next = await ended(consumer.start(runtime, ["take", folder], env));
        assert.deepEqual([next.code, next.stderr, next.stdout.trim().split("\n")], [0, "", STEPS]);
      } finally {
        holder.kill("SIGKILL");
        endRemains(join(folder, "root"));
        rmSync(folder, { recursive: true, force: true });
      }
    });
});
