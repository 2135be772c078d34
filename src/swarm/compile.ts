interface Compilers {
  readonly noFTL: (work: unknown) => void;
}

/**
 * Keeps Bun's last compiler from these functions: it takes up to 200 ms of CPU for one that calls many. A verb that looks at ten
 * thousand agents and ends gets none of that back; it was a quarter of a first look. An async function's body it cannot mark.
 */
export function compileLittle(...works: readonly ((...given: never) => unknown)[]): void {
  if (!("Bun" in globalThis)) return;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Bun's own module, which the types of Node do not know
  const { noFTL } = process.getBuiltinModule("bun:jsc") as unknown as Compilers;
  for (const work of works) noFTL(work);
}
