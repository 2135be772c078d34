import { reasonOf, SkepError } from "../errors.ts";
import {
  formatFrame,
  type Frame,
  makeLineSplitter,
  type Method,
  parseError,
  parseFrame,
  type Requests,
} from "./protocol.ts";

/** One connection to a supervisor. Requests may overlap; answers find theirs by number. */
export interface Connection {
  /** Rejects with the supervisor's SkepError, or with "unreachable" when the connection breaks first. */
  ask<M extends Method>(method: M, params: Requests[M], timeout?: number): Promise<unknown>;
  /** What it says without being asked. */
  onNotice(listener: (method: string, params: unknown) => void): void;
  onClose(listener: () => void): void;
  close(): void;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}
const MAX_ANSWER = 256 * 1024 * 1024;

/** Connects; rejects with SkepError "unreachable" when nobody listens. */
export async function connect(path: string): Promise<Connection> {
  const { createConnection } = await import("node:net"); // a verb that only reads does without
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    const pending = new Map<number, Pending>();
    const noticed = new Set<(method: string, params: unknown) => void>();
    const closed = new Set<() => void>();
    let last = 0;
    const broken = (why: string): SkepError => new SkepError("unreachable", `the supervisor is gone: ${why}`);
    const fail = (error: Error): void => {
      for (const { reject: give } of pending.values()) give(error);
      pending.clear();
    };
    const take = (frame: Frame): void => {
      if (frame.method !== undefined) for (const listener of noticed) listener(frame.method, frame.params);
      const waiting = typeof frame.id === "number" ? pending.get(frame.id) : undefined;
      if (waiting === undefined) {
        // An error without an id: it could not read what was sent.
        if (frame.error !== undefined) fail(parseError(frame.error));
        return;
      }
      pending.delete(Number(frame.id));
      if (frame.error === undefined) waiting.resolve(frame.result);
      else waiting.reject(parseError(frame.error));
    };
    const split = makeLineSplitter(MAX_ANSWER, (line) => take(parseFrame(line)));
    socket.on("data", (chunk: Buffer) => {
      try {
        split(chunk);
      } catch (error) {
        socket.destroy(error instanceof Error ? error : new Error(reasonOf(error)));
      }
    });
    socket.once("error", (error) => {
      reject(broken(reasonOf(error)));
      fail(broken(reasonOf(error)));
    });
    socket.once("close", () => {
      fail(broken("it closed the connection"));
      for (const listener of closed) listener();
    });
    socket.once("connect", () =>
      resolve({
        ask(method, params, timeout) {
          last += 1;
          const id = last;
          return new Promise((give, refuse) => {
            if (socket.destroyed) return refuse(broken("the connection is closed"));
            const timer =
              timeout === undefined ? undefined : setTimeout(() => socket.destroy(broken("no answer")), timeout);
            const settle =
              <T>(done: (value: T) => void) =>
              (value: T): void => {
                clearTimeout(timer);
                done(value);
              };
            pending.set(id, { resolve: settle(give), reject: settle(refuse) });
            socket.write(formatFrame({ id, method, params }));
          });
        },
        onNotice: (listener) => void noticed.add(listener),
        onClose: (listener) => void closed.add(listener),
        close: () => void socket.end(),
      }),
    );
  });
}
