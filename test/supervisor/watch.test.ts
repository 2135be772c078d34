import { after, before, describe, test } from "node:test";
import { until } from "../sandbox.ts";
import { openSupervised, type Supervised } from "./supervised.ts";

let kept: Supervised;
before(async () => {
  kept = await openSupervised();
  await kept.start();
});
after(() => kept.close());

describe("a listener over the socket", () => {
  test("hears the end of what is spawned after it, however short that is", async () => {
    for (let round = 0; round < 10; round += 1) {
      const ended = new Set<string>();
      const unwatch = kept.swarm.watch((change) => {
        if (change.change === "set" && change.agent.phase === "ended") ended.add(change.agent.id);
      });
      // Many at once keep the supervisor from its new connection for as long as the first of them take.
      const ids = await Promise.all(Array.from({ length: 8 }, () => kept.spawn({ args: ["true"] })));
      await until(
        () => ids.filter((id) => !ended.has(id)),
        ({ length }) => length === 0,
      );
      unwatch();
    }
  });
});
