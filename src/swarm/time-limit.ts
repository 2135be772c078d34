/** How long a plugin may take. What it does not do in time is given up, so that it holds up nobody but itself. */
import type { Script } from "node:vm";
import { SkepError, systemCode } from "../errors.ts";

const LIMIT_MS = 30_000;
const BLOCKING_MS = 10_000;

/** Waits for a listener's or a plugin's answer. Rejects with SkepError "timeout" when none comes. */
export async function withLimit<T>(work: PromiseLike<T> | T, ms: number = LIMIT_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new SkepError("timeout", `no answer within ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

const CALL = Symbol.for("skep.call");
let script: Script | undefined; // made for the first plugin that is called

/**
 * Calls what may never return: an endless loop ends too, with SkepError "timeout". Every runtime has that for scripts alone,
 * so a script calls it (0.1 to 0.5 ms). What an async function does after its first await is not covered.
 */
export function callWithin<T>(work: () => T, heldUp: () => void = () => {}, ms: number = BLOCKING_MS): T {
  let done: { readonly value: T } | { readonly error: unknown } | undefined;
  const before: unknown = Reflect.get(globalThis, CALL);
  Reflect.set(globalThis, CALL, () => {
    try {
      done = { value: work() };
    } catch (error) {
      done = { error };
    }
  });
  try {
    script ??= new (process.getBuiltinModule("node:vm").Script)('globalThis[Symbol.for("skep.call")]()');
    script.runInThisContext({ timeout: ms });
  } catch (error) {
    if (systemCode(error) !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
    heldUp();
    throw new SkepError("timeout", `it held up everybody for ${ms / 1000} s, and was cut off`, { cause: error });
  } finally {
    if (before === undefined) Reflect.deleteProperty(globalThis, CALL);
    else Reflect.set(globalThis, CALL, before);
  }
  if (done === undefined) throw new SkepError("timeout", "it was cut off");
  if ("error" in done) throw done.error;
  return done.value;
}
