import { setTimeout as pause } from "node:timers/promises";
import { reasonOf } from "../../src/errors.ts";
import { faultySkep } from "./faulty-build.ts";
import type { Fault } from "./faulty-fs.ts";
import { type Keeper, openKeeper } from "./keeper.ts";
import { play } from "./root.ts";
import type { Scenario, Stage } from "./scenario.ts";
import { checkRoot } from "./verbs/check-root.ts";
import { VERBS, type Verb } from "./verbs/round.ts";

const ROUNDS_OF_A_ROOT = 20;
const AT_ONCE = 2;
const KINDS = ["die", "die-after", "die-torn"] as const satisfies readonly Fault[];

export const scenario: Scenario = {
  name: "verbs",
  what: "the supervisor is killed between every two of its writes for spawn, send, resume, stop and rm, before the answer, and at any moment; clients repeat, and rivals start at once",
  holds:
    "0 double starts, 0 acknowledged spawns or messages that never ran, 0 tasks lost, 0 runs without an end, 0 waits that hang, 0 stray processes, 0 half-made agents shown as fine",
  counted: "rounds",
  short: 40,
  full: 2_000,
  atLeast: (count) => Math.floor(count * 0.6),
  happening: "kills in the middle of a verb",
  async run(stage) {
    const steps = makeSteps(stage.full ? 1 : 3);
    const sum = { done: 0, happened: 0, failures: [] as string[] };
    const build = faultySkep();
    await play(stage, Math.ceil(stage.count / ROUNDS_OF_A_ROOT), AT_ONCE, async (at) => {
      const rounds = Math.min(ROUNDS_OF_A_ROOT, stage.count - at * ROUNDS_OF_A_ROOT);
      // The real binary in one root of four: it dies at any moment, which no plan foresees.
      const planned = at % 4 !== 3;
      const keeper = await openKeeper(planned ? { ...stage, skep: build } : stage, `root-${at}`);
      for (let round = 0; round < rounds && !stage.isLate(); round += 1) {
        const result = await playRound(stage, keeper, steps, planned);
        sum.done += 1;
        if (result.killed) sum.happened += 1;
        sum.failures.push(...result.failures);
      }
      sum.failures.push(...(await checkRoot(keeper)));
      await keeper.close();
      stage.log(`${sum.done} rounds, ${sum.happened} kills, ${sum.failures.length} failed; ${steps.reached()}`);
    });
    return { ...sum, notes: { "different steps": steps.different() } };
  },
};

interface Step {
  readonly verb: Verb;
  readonly kind: (typeof KINDS)[number];
  readonly n: number;
}

/**
 * Takes each verb in turn, and for each every write of its own under every kind of death: the next kind's turn comes when a
 * verb was over before its n-th write. The short form takes every `stride`th.
 */
interface Steps {
  next(): Step;
  met(step: Step, whether: boolean): void;
  different(): number;
  reached(): string;
}

function makeSteps(stride: number): Steps {
  const states = VERBS.map((verb, at) => ({ verb, kind: 0, n: (at % stride) + 1 - stride, most: 0 }));
  const met = new Set<string>();
  let turn = 0;
  return {
    next() {
      const state = states[turn % states.length];
      turn += 1;
      if (state === undefined) throw new Error("there are no verbs");
      state.n += stride;
      return { verb: state.verb, kind: KINDS[state.kind % KINDS.length] ?? "die", n: state.n };
    },
    met({ verb, kind, n }, whether) {
      const state = states.find((one) => one.verb === verb);
      if (state === undefined) return;
      if (whether) {
        met.add(`${verb.name} ${kind} ${n}`);
        state.most = Math.max(state.most, n);
      } else if (state.n >= n && n > 1) {
        state.n = 0;
        state.kind += 1;
      }
    },
    different: () => met.size,
    reached: () => states.map(({ verb, most }) => `${verb.name} ${most}`).join(", "),
  };
}

async function playRound(
  stage: Stage,
  keeper: Keeper,
  steps: Steps,
  planned: boolean,
): Promise<{ killed: boolean; failures: readonly string[] }> {
  const step = steps.next();
  const { verb, kind, n } = step;
  const name = planned ? `${verb.name}, ${kind} at ${n}` : `${verb.name}, at any moment`;
  try {
    const round = await verb.prepare(keeper);
    const supervisor = await keeper.holder();
    if (planned) keeper.plan.set({ kind, n, pid: supervisor.pid ?? 0 });
    let over = false;
    const killed = new Promise<boolean>((resolve) => {
      supervisor.once("exit", (_code, signal) => resolve(signal === "SIGKILL" && !over));
    });
    const done = round.act().finally(() => (over = true));
    if (!planned) await Promise.race([done.catch(() => undefined), pause(stage.next() * 30)]);
    if (!planned && !over) supervisor.kill("SIGKILL");
    await done;
    const died = await Promise.race([killed, pause(supervisor.exitCode === null ? 5 : 50).then(() => false)]);
    keeper.plan.clear();
    if (planned) steps.met(step, died);
    return { killed: died, failures: (await round.check()).map((failure) => `${keeper.root}: ${name}: ${failure}`) };
  } catch (error) {
    keeper.plan.clear();
    if (planned) steps.met(step, false);
    return { killed: false, failures: [`${keeper.root}: ${name}: ${reasonOf(error)}`] };
  }
}
