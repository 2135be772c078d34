/** What a pure function may neither ask nor change. */

/** Freezes a value down to its leaves, so that who writes to it throws. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}

/** Runs synchronous work in which the clock and chance throw when they are asked. */
export function withoutClock<T>(work: () => T): T {
  const { Date: clock } = globalThis;
  const { random } = Math;
  const refuse = (what: string): never => {
    throw new Error(`it asks ${what}: replay would give something else than live`);
  };
  globalThis.Date = new Proxy(clock, {
    apply: () => refuse("the clock"),
    construct: (target, args, made) => {
      if (args.length === 0) refuse("the clock");
      // oxlint-disable-next-line typescript/no-unsafe-return -- what Date itself makes
      return Reflect.construct(target, args, made);
    },
    get: (target, key): unknown => (key === "now" ? () => refuse("the clock") : Reflect.get(target, key)),
  });
  Math.random = () => refuse("chance");
  try {
    return work();
  } finally {
    globalThis.Date = clock;
    Math.random = random;
  }
}
