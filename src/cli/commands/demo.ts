import type { Command } from "../command.ts";
import { openStage } from "../demo/stage.ts";
import { playTour } from "../demo/tour.ts";

export const demo: Command = {
  async run({ output }) {
    const began = Date.now();
    const print = (text: string): Promise<void> => output.write(text);
    const say = (text: string): Promise<void> => print(`${text}\n`);
    await print("skep keeps a swarm of agents whose supervisor may die. A root of its own, no key, no network.\n");
    const stage = openStage(output, say);
    try {
      await playTour(stage, say, print);
    } finally {
      await stage.close();
    }
    await print(
      `\nEvery step held, in ${((Date.now() - began) / 1000).toFixed(1)} s. Now yours: skep spawn -- <command>\n`,
    );
  },
};
