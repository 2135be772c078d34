interface Compilers {
  readonly noFTL?: (work: unknown) => void;
}

/**
 * Keeps Bun's last compiler from these functions: it takes up to 200 ms of CPU for one that calls many. A verb that looks at ten
 * thousand agents and ends gets none of that back: a first look at them costs a tenth less. An async function's body it cannot mark.
 */
export function compileLittle(...works: readonly ((...given: never) => unknown)[]): void {
  if (!("Bun" in globalThis)) return;
  const name: string = "bun:jsc"; // by a variable: the other runtimes' bundlers must not look for it
  const compilers: Compilers | undefined = process.getBuiltinModule(name);
  for (const work of works) compilers?.noFTL?.(work);
}
