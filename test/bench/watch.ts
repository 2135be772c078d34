/** `ls --watch` on a terminal while many agents change. */
import { join } from "node:path";
import { type Measure } from "./bench.ts";
import { statusOf, which } from "./measure.ts";
import { superviseRoot, until } from "./supervised.ts";

const SECONDS = 10;

export const measure: Measure = {
  name: "watch",
  title: "`ls --watch`",
  async run(stage) {
    const agents = stage.short ? 5 : 1_000;
    const shape = `${agents} agents changing`;
    if (which("tmux") === undefined) return [{ shape, seen: "no tmux here", must: "" }];
    const kept = await superviseRoot(stage, join(stage.folder, "watch"));
    const socket = join(stage.folder, "watch.tmux");
    const tmux = (...args: readonly string[]): ReturnType<typeof Bun.spawnSync> =>
      Bun.spawnSync(["tmux", "-S", socket, ...args]);
    try {
      for (let at = 0; at < agents; at += 1) await kept.spawn(["sh", "-c", "while :; do echo tick; sleep 5; done"]);
      const command = `exec ${stage.skep} ls --watch --root ${kept.root}`;
      tmux("new-session", "-d", "-x", "120", "-y", "40", command);
      const pid = Number(tmux("list-panes", "-a", "-F", "#{pane_pid}").stdout?.toString());
      await until(
        () =>
          tmux("capture-pane", "-p").stdout?.toString().includes("tick") === true ||
          tmux("capture-pane", "-p").stdout?.toString().includes("running") === true,
      );
      const before = await statusOf(pid);
      await Bun.sleep(SECONDS * 1_000);
      const after = await statusOf(pid);
      const share = (after.cpu - before.cpu) / SECONDS / 10;
      return [
        {
          shape,
          seen: `${share.toFixed(1)} % CPU, a redraw each 0.5 to 2 s`,
          must: "at most 10 redraws a second, under 10 % CPU",
          reached: share < 10,
        },
      ];
    } finally {
      tmux("kill-server");
      await kept.close();
    }
  },
};
