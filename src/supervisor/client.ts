/** A swarm over its supervisor's socket. A connection that breaks is made again and the request repeated: ids are ours. */
import { setTimeout as pause } from "node:timers/promises";
import { MAX_TASK } from "../core/meta.ts";
import { badTask, reasonOf, SkepError, tooLarge } from "../errors.ts";
import type { Change, Swarm } from "../swarm/api.ts";
import { callerOf } from "../swarm/caller.ts";
import { newId, newMessageId } from "../swarm/new-id.ts";
import type { PluginFile } from "../swarm/plugin-file.ts";
import { connect, type Connection } from "./connection.ts";
import {
  type Hello,
  MAX_MESSAGE,
  type Method,
  parseChange,
  parseDetail,
  parseHello,
  parseSent,
  parseSnapshot,
  type Requests,
} from "./protocol.ts";

export interface ClientOptions {
  readonly root: string;
  readonly socket: () => string;
  /** Makes sure that a supervisor runs, when nobody answers. */
  readonly start: () => Promise<void>;
  readonly list: Swarm["list"]; // reading asks nobody
  readonly plugins?: readonly PluginFile[]; // they go along with a spawn and a resume
  /** Nobody can be heard any more. A verb need not say so: what it asks next fails for the same reason. */
  readonly warn?: (text: string) => void;
}

const HELLO_MS = 10_000; // alive means that it answers, not that something connects
const TRIES = 8;

/** Connects to the supervisor that listens there; rejects with SkepError "unreachable" when none answers. */
export async function greet(path: string): Promise<{ connection: Connection; hello: Hello }> {
  const connection = await connect(path);
  const hello = await connection.ask("hello", {}, HELLO_MS);
  return { connection, hello: parseHello(hello) };
}

export function makeClient(options: ClientOptions): Swarm {
  let current: Promise<Connection> | undefined;
  let closed = false;
  let heard: Promise<unknown> = Promise.resolve(); // every listener so far hears what comes from now on
  const unstartable = new WeakSet<object>(); // to try again would take as long again, and fail again
  const open = async (): Promise<Connection> => {
    const { connection } = await greet(options.socket());
    connection.onClose(() => (current = undefined));
    return connection;
  };
  const connected = async (): Promise<Connection> => {
    current ??= open().catch(async (error: unknown) => {
      if (!isUnreachable(error)) throw error;
      await options.start().catch((fault: unknown) => {
        if (fault instanceof Error) unstartable.add(fault);
        throw fault;
      });
      return open();
    });
    try {
      return await current;
    } catch (error) {
      current = undefined;
      throw error;
    }
  };
  const ask = async <M extends Method>(method: M, params: Requests[M], repeated?: () => void): Promise<unknown> => {
    await heard;
    for (let tries = 1; ; tries += 1) {
      try {
        return await (await connected()).ask(method, params);
      } catch (error) {
        const final = error instanceof Error && unstartable.has(error);
        if (!isUnreachable(error) || final || tries >= TRIES || closed) throw error;
        repeated?.();
        await pause(25 * 2 ** tries * (0.5 + Math.random())); // with jitter: many clients of one killed supervisor
      }
    }
  };
  const self = (): ReturnType<typeof callerOf> => callerOf(process.env);
  const plugins = options.plugins === undefined ? {} : { plugins: [...options.plugins] };
  return {
    root: options.root,
    async spawn(request, given = {}, caller = self()) {
      if (Buffer.byteLength(request.task) > MAX_TASK)
        throw badTask(`it has more than ${MAX_TASK} bytes`, "put it into a file");
      checkEnvironment(caller.env);
      const id = given.id ?? newId(request.name ?? request.task);
      return parseSnapshot(await ask("spawn", { request, options: { ...given, id }, caller, ...plugins }));
    },
    async resume(id, given = {}, caller = self()) {
      checkEnvironment(caller.env);
      const request = given.request ?? newMessageId();
      return parseSnapshot(await ask("resume", { id, options: { ...given, request }, caller, ...plugins }));
    },
    async send(id, text, given = {}, caller = self()) {
      if (Buffer.byteLength(text) > MAX_MESSAGE) throw tooLarge("message", MAX_MESSAGE);
      const message = given.message ?? newMessageId();
      return parseSent(await ask("send", { id, text, options: { ...given, message }, caller }));
    },
    stop: async (id, given = {}) => parseSnapshot(await ask("stop", { id, options: given })),
    async remove(id, given = {}) {
      let repeated = false;
      try {
        await ask("remove", { id, options: given }, () => (repeated = true));
      } catch (error) {
        // The first answer was lost and the second try found nothing: it is removed.
        if (!(repeated && error instanceof SkepError && error.code === "not_found")) throw error;
      }
    },
    archive: async (id) => void (await ask("archive", { id })),
    unarchive: async (id) => parseSnapshot(await ask("unarchive", { id })),
    cancel: async (id, by = self().by) => void (await ask("cancel", { id, by })),
    answer: async (id, answer) => void (await ask("answer", { id, answer })),
    show: async (id) => parseDetail(await ask("show", { id })),
    list: options.list,
    watch(listener) {
      const ending = new AbortController();
      const subscribed = new Promise<void>((resolve) => {
        follow(options, listener, ending.signal, resolve)
          .catch((error: unknown) => {
            if (!ending.signal.aborted) options.warn?.(`changes are not told any more: ${reasonOf(error)}`);
          })
          .finally(resolve);
      });
      heard = heard.then(() => subscribed);
      return () => ending.abort();
    },
    async close() {
      closed = true;
      (await current?.catch(() => undefined))?.close();
    },
  };
}

/** Listens until it is ended; a supervisor that was killed is started again, and heard from then on. `heard`: it listens now. */
async function follow(
  { socket, start }: ClientOptions,
  listener: (change: Change) => void,
  signal: AbortSignal,
  heard: () => void,
): Promise<void> {
  for (let tries = 1; !signal.aborted; tries += 1) {
    try {
      const { connection } = await greet(socket());
      if (signal.aborted) return connection.close();
      signal.addEventListener("abort", () => connection.close(), { once: true });
      connection.onNotice((method, params) => {
        if (method === "change" && !signal.aborted) listener(parseChange(params));
      });
      const over = new Promise<void>((resolve) => connection.onClose(resolve));
      await connection.ask("subscribe", {});
      heard();
      tries = 1;
      await over;
    } catch (error) {
      if (!isUnreachable(error) || tries >= TRIES) throw error;
      await start();
    }
  }
}

const isUnreachable = (error: unknown): boolean => error instanceof SkepError && error.code === "unreachable";

function checkEnvironment(env: Readonly<Record<string, string | undefined>>): void {
  const bytes = Object.entries(env).reduce(
    (sum, [key, value = ""]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value) + 2,
    0,
  );
  if (bytes > MAX_MESSAGE) throw tooLarge("environment", MAX_MESSAGE);
}
