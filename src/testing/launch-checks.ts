import assert from "node:assert/strict";
import type { Launch, Runner, RunSpec } from "../types.ts";
import { checkAnswer } from "./answers.ts";
import type { Check } from "./check.ts";
import { carries, HOSTILE_TASKS, MARK } from "./hostile.ts";
import { RESUMED, type Runs } from "./sample-run.ts";
import { codeIn } from "./shell.ts";

const ENVIRONMENTS = [{}, { PATH: "" }, { PATH: "relative:/nowhere", HOME: "/nowhere" }];

export function launchChecks(runner: Runner, runs: Runs, ignoresTask: boolean): readonly Check[] {
  return [
    {
      title: "describes the same run the same way, in values of its own",
      async run() {
        for (const changes of runs.all) {
          const [one, other] = [await runs.launch(changes), await runs.launch(changes)];
          assert.deepEqual(other, one, "an id of a conversation can be made of agent.id and run");
          const shared = one === other || one.argv === other.argv || Object.isFrozen(one.argv);
          assert.ok(!shared, "hooks change a launch: the next one would get that too");
        }
      },
    },
    {
      title: ignoresTask ? "is told no task" : "hands the task over whole, and to no shell",
      async run() {
        for (const text of HOSTILE_TASKS) {
          for (const changes of [{ text }, ...(runner.turns === "resume" ? [{ ...RESUMED, text }] : [])]) {
            const launch = await runs.launch(changes);
            const marked = placesOf(launch).filter((place) => place.includes(MARK));
            for (const place of marked) assert.ok(carries(place, text), `${JSON.stringify(text)} became ${place}`);
            assert.ok(!isCode(launch), "a shell would read the task: give it as a word of its own, or on stdin");
            if (runner.dialogue !== undefined) continue; // it is said later
            assert.equal(marked.length > 0, !ignoresTask, `${JSON.stringify(text)}: ${JSON.stringify(launch)}`);
          }
        }
      },
    },
    {
      title: "hands what stands after -- over word by word, or refuses it",
      async run() {
        const args = [...runs.spec({}).args, ...HOSTILE_TASKS];
        const launch = await unlessRefused(runner, runs.spec({ args }));
        if (launch === undefined) return;
        let at = -1;
        for (const word of args) {
          at = launch.argv.indexOf(word, at + 1);
          assert.notEqual(at, -1, `${JSON.stringify(word)} is no word of ${JSON.stringify(launch.argv)}`);
        }
        assert.ok(!isCode(launch), "a shell would read it");
      },
    },
    {
      title: "sends no task again when a run goes on without a message",
      async run() {
        const { message: _message, ...spec } = runs.spec({ ...RESUMED, text: MARK });
        const launch = await runner.launch(spec);
        assert.ok(!placesOf(launch).some((place) => place.includes(MARK)), JSON.stringify(launch));
      },
    },
    {
      title: "does something with each flag that it accepts, and reads no other",
      async run() {
        const told = async (changes: (typeof runs.all)[number]): Promise<unknown> => {
          const { env: _env, ...run } = runs.spec(changes);
          return [await runs.launch(changes), runner.dialogue?.start(run)];
        };
        const plain = await told({});
        for (const [flag, changes] of runs.flagged) assert.notDeepEqual(await told(changes), plain, `--${flag}`);
        const read = new Set<string>();
        const note = (key: string | symbol): void => void (typeof key === "string" && read.add(key));
        const options = new Proxy(Object.freeze({}), {
          get: (_, key) => note(key),
          has: (_, key) => (note(key), false),
        });
        await runs.launch({ options });
        const accepts = [...(runner.accepts ?? []), "toJSON"];
        const undeclared = [...read].filter((key) => !accepts.includes(key));
        assert.deepEqual(undeclared, [], "spawn refuses what accepts does not name");
      },
    },
    {
      title: "says where its program is, or what is missing and what helps, and never throws",
      async run() {
        for (const env of [runs.spec({}).env, ...ENVIRONMENTS]) {
          const found = await runner.detect?.(env);
          checkAnswer("detected", found);
          assert.deepEqual(await runner.detect?.(env), found);
        }
      },
    },
  ];
}

/** A runner may refuse a run by throwing. */
async function unlessRefused(runner: Runner, spec: RunSpec): Promise<Launch | undefined> {
  try {
    return await runner.launch(spec);
  } catch (error) {
    assert.ok(error instanceof Error && error.message !== "", "whoever refuses says why, in an Error");
    return undefined;
  }
}

const isCode = ({ argv }: Launch): boolean => codeIn(argv).some((word) => word.includes(MARK));

/** Every text that a launch gives to the child. */
function placesOf({ argv, env = {}, stdin }: Launch): readonly string[] {
  const input = stdin?.kind === "text" ? stdin.text : stdin?.kind === "open" ? stdin.first : undefined;
  return [...argv, ...Object.values(env), input].filter((place) => place !== undefined);
}
