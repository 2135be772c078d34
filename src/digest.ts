/** Hashes and randomness. node:crypto is loaded with the first hash, and only where Bun has none of its own: it costs 4 ms of CPU, a fifth of a short verb. */

type Kind = "sha1" | "sha256";
interface Hasher {
  readonly hash: (kind: Kind, data: string | Uint8Array, encoding: "hex") => string;
}
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Bun's own global, which the types of Node do not know
const { Bun: bun } = globalThis as { readonly Bun?: { readonly CryptoHasher: Hasher } };

/** In hex. */
export const digest = (kind: Kind, data: string | Uint8Array): string =>
  bun?.CryptoHasher.hash(kind, data, "hex") ??
  process.getBuiltinModule("node:crypto").createHash(kind).update(data).digest("hex");

export const randomBytes = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count));
