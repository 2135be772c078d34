/** One trial with one fault, and a limit to how long anything may take. */
import { reasonOf } from "../../../src/errors.ts";
import type { Stand, Wish } from "./stand.ts";
import type { Answer, Trial } from "./trials.ts";

const HANGS_MS = 30_000;

export interface Tried {
  readonly struck: string; // the operation that failed, and its file; empty: none did
  readonly told: boolean;
  readonly wrong: readonly string[];
}

export async function tryOne(stand: Stand, trial: Trial, id: string, wish: Wish, n: number): Promise<Tried> {
  await trial.prepare(stand, id);
  const before = stand.said().length;
  stand.fail(wish, n);
  const answer = await within(trial.act(stand, id)).then(
    (): Answer => ({ well: true }),
    (error: unknown): Answer => ({ well: false, told: reasonOf(error) }),
  );
  const [hit] = stand.heal();
  const struck = hit === undefined ? "" : `${hit.op} ${hit.path.split("/").slice(-2).join("/")}`;
  const wrong: string[] = [];
  if (!answer.well && (answer.told === "" || answer.told === HANGS))
    wrong.push(answer.told || "it failed without a word");
  if (!answer.well && struck === "") wrong.push(`it failed though nothing did: ${answer.told}`);
  if (trial.name !== "start" && !stand.lives()) {
    wrong.push(`the supervisor has ended: ${stand.said().slice(before)}`);
    await stand.launch();
  }
  try {
    wrong.push(...(await within(trial.check(stand, id, answer))));
  } catch (error) {
    wrong.push(`${reasonOf(error)}${answer.well ? "" : `; it was told: ${answer.told}`}`);
  }
  return { struck, told: !answer.well || stand.said().length > before, wrong };
}

const HANGS = `no answer within ${HANGS_MS / 1000} s`;
function within<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(HANGS)), HANGS_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
