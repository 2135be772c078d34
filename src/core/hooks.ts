import { Hookable } from "hookable";
import { pluginRefused, reasonOf } from "../errors.ts";
import type { Hooks } from "../define-plugin.ts";

export type HookName = keyof Hooks;
/** The hooks that are awaited and may refuse. */
export type GuardName = "agent:spawn" | "agent:launch" | "agent:remove";
export interface HookBus {
  /** Adds a plugin's listeners; the result takes them away. */
  add(plugin: string, hooks: Partial<Hooks>): () => void;
  /** Asks the listeners in order and waits for each; the first that throws refuses: SkepError "refused" with its plugin's name. */
  ask<N extends GuardName>(name: N, ...args: Parameters<Hooks[N]>): Promise<void>;
  /** Tells the listeners in order and waits for none; what one throws is reported and harms no other. */
  tell<N extends Exclude<HookName, GuardName>>(name: N, ...args: Parameters<Hooks[N]>): void;
}
export interface HookTools {
  readonly report: (plugin: string, hook: HookName, reason: string) => void;
  /** Rejects when the work takes too long; the core itself has no clock. */
  readonly limit: <T>(work: PromiseLike<T> | T) => Promise<T>;
  /** Calls it; when it holds everybody up it is cut off, which is told, and SkepError "timeout" thrown. */
  readonly call: (work: () => unknown, heldUp: () => void) => unknown;
}

const MAX_WORKING = 1_000;

type Listener = (...args: never[]) => unknown;

export function makeHooks(tools: HookTools): HookBus {
  const bus = new Hookable<Record<string, (...args: unknown[]) => void>>();
  const owners = new WeakMap<Listener, string>();
  const working = new WeakMap<Listener, number>(); // calls that have not ended
  const blocking = new WeakSet<Listener>();
  const ownerOf = (listener: Listener): string => owners.get(listener) ?? "a plugin";
  /** What held everybody up once is not called again: each time would cost as much. */
  const call = (listener: Listener, args: readonly unknown[]): unknown => {
    if (blocking.has(listener)) throw new Error("it is not called any more, since it held up everybody");
    return tools.call(
      () => Reflect.apply(listener, undefined, args),
      () => blocking.add(listener),
    );
  };
  /** A listener that does not come to its work is told less, not allowed to fill our memory. */
  const hear = (listener: Listener, name: HookName, args: readonly unknown[]): void => {
    const fail = (error: unknown): void => tools.report(ownerOf(listener), name, reasonOf(error));
    const open = working.get(listener) ?? 0;
    if (blocking.has(listener)) return;
    if (open === MAX_WORKING) fail(new Error(`${MAX_WORKING} calls of it have not ended: it is not called meanwhile`));
    if (open >= MAX_WORKING) {
      working.set(listener, MAX_WORKING + 1);
      return;
    }
    try {
      const result = call(listener, args);
      if (!(result instanceof Promise)) return;
      working.set(listener, open + 1);
      const done = (): void => void working.set(listener, Math.min(working.get(listener) ?? 1, MAX_WORKING) - 1);
      void result.finally(done).catch(() => undefined); // told below
      tools.limit(result).catch(fail); // what takes too long is told, and counts until it ends
    } catch (error) {
      fail(error);
    }
  };
  return {
    add(plugin, hooks) {
      const removers = Object.entries(hooks).map(([name, hook]) => {
        // A listener of its own for each plugin: two may share one function.
        const listener = (...args: unknown[]): unknown => Reflect.apply(hook, undefined, args);
        owners.set(listener, plugin);
        return bus.hook(name, listener);
      });
      return () => {
        for (const remove of removers) remove();
      };
    },
    async ask(name, ...args) {
      await bus.callHookWith(
        async (listeners: readonly Listener[]) => {
          for (const listener of listeners) {
            try {
              await tools.limit(call(listener, args));
            } catch (error) {
              throw pluginRefused(ownerOf(listener), name, error);
            }
          }
        },
        name,
        args,
      );
    },
    tell(name, ...args) {
      bus.callHookWith(
        (listeners: readonly Listener[]) => {
          for (const listener of listeners) hear(listener, name, args);
        },
        name,
        args,
      );
    },
  };
}
