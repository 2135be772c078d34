import { SkepError } from "../errors.ts";

const LIMIT_MS = 30_000;

/** A listener or a plugin that never answers must not hold up everybody: its work is given up, with SkepError "timeout". */
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
