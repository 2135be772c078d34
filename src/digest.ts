/** Hashes and randomness. node:crypto is loaded with the first hash: it costs 4 ms of CPU, a fifth of a short verb. */

/** In hex. */
export const digest = (kind: "sha1" | "sha256", data: string | Uint8Array): string =>
  process.getBuiltinModule("node:crypto").createHash(kind).update(data).digest("hex");

export const randomBytes = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count));
