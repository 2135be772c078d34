const EVERY = 12 * 1024 * 1024;
let since = 0;

/** Bun's own, which the types of Node do not know. */
interface Engine {
  readonly fullGC: () => unknown;
}
const ENGINE = "bun:jsc"; // by a variable, as what stands behind a test for Bun is no import of this layer's
let engine: Engine | undefined;

/**
 * Told of the bytes that were taken in and are done with; frees them now and then, in some 10 ms. Bun lets garbage pile up:
 * 400 MB in lines of 15 took a supervisor that keeps none of them to 215 MB. What is freed is not given back to the system,
 * as `Bun.gc` does: while lines come in it is wanted again at once, and 45,000 pages made anew for a million lines cost 0.2 s.
 */
export function doneWith(bytes: number): void {
  since += bytes;
  if (since < EVERY) return;
  since = 0;
  if (!("Bun" in globalThis)) return;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a module of the runtime, declared above
  engine ??= process.getBuiltinModule(ENGINE) as Engine | undefined;
  engine?.fullGC();
}
