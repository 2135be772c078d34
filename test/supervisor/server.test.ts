/** The socket's server, with a swarm that answers when it is told to. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { listen } from "../../src/supervisor/server.ts";
import type { Swarm } from "../../src/swarm/api.ts";
import { until } from "../sandbox.ts";

const REQUESTS = 600; // more than are answered at a time: the rest waits in the socket, one of them cut through
const HALF_SENT_MS = 20;
const LONG_MS = 1_200; // more than half a request may take

const ask = (id: number): string =>
  `${JSON.stringify({ jsonrpc: "2.0", id, method: "show", params: { id: "a".repeat(900) } })}\n`;

/** `waiting`: what is asked for and not answered. */
type Scene = (client: Socket, said: () => string, waiting: (() => void)[]) => Promise<void>;
async function serving(scene: Scene): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "skep-server-"));
  const path = join(folder, "socket");
  const waiting: (() => void)[] = [];
  const show = (): Promise<unknown> => new Promise<void>((resolve) => waiting.push(resolve));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- nothing else of it is asked for
  const swarm = { show } as unknown as Swarm;
  const tools = { swarm, since: "", warn: assert.fail, bring: async () => {}, shutdown: undefined, touched: () => {} };
  const listening = await listen(path, { ...tools, halfSentMs: HALF_SENT_MS });
  const client = connect(path);
  try {
    let said = "";
    client.setEncoding("utf8").on("data", (text: string) => (said += text));
    await scene(client, () => said, waiting);
  } finally {
    client.destroy();
    await listening.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("a client", () => {
  test("that asks for more than is answered at a time may wait as long as it takes", () =>
    serving(async (client, said, waiting) => {
      client.write(Array.from({ length: REQUESTS }, (_, id) => ask(id)).join(""));
      await until(
        () => waiting.length,
        (count) => count >= 256,
      );
      const long = performance.now() + LONG_MS;
      await until(() => performance.now() > long, Boolean);
      assert.equal(said(), "");
      assert.ok(waiting.length < REQUESTS, "they are not all asked at once");
      await until(
        () => {
          for (const answer of waiting.splice(0)) answer();
          return said().split("\n").length - 1;
        },
        (count) => count === REQUESTS,
      );
      assert.doesNotMatch(said(), /error/);
    }));

  test("that sends half a request and no more is refused", () =>
    serving(async (client, said) => {
      client.write(ask(1).slice(0, 100));
      await until(said, (text) => text.includes("a request was not sent whole in time"));
    }));
});
