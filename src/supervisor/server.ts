/** Answers requests over the root's socket. One client's fault is its own: it gets an error, the others notice nothing. */
import { type Socket, createServer } from "node:net";
import { chmodSync, rmSync } from "node:fs";
import { heldByProgram, reasonOf, SkepError } from "../errors.ts";
import { version } from "../build-info.ts";
import type { Swarm } from "../swarm/api.ts";
import type { PluginFile } from "../swarm/plugin-file.ts";
import {
  formatError,
  formatFrame,
  type Hello,
  isMethod,
  makeLineSplitter,
  MAX_REQUEST,
  type Method,
  parseFrame,
  parseParams,
  PROTOCOL,
  type Requests,
} from "./protocol.ts";

export interface ServerTools {
  readonly swarm: Swarm;
  readonly since: string;
  readonly warn: (text: string) => void;
  /** Loads plugins that a request brings along, and anew those whose files have changed. */
  readonly bring: (plugins: readonly PluginFile[]) => Promise<void>;
  readonly shutdown: (() => void) | undefined; // a program that embeds skep does not end at a client's wish
  readonly touched: () => void; // somebody asked for something
}

type Answers = { readonly [M in Method]: (params: Requests[M], socket: Socket) => unknown };

export interface Listening {
  /** Ends the server and its connections. */
  close(): Promise<void>;
}

/** Listens; the holder of the lock alone calls this, so what stands at the path is nobody's. */
export function listen(path: string, tools: ServerTools): Promise<Listening> {
  const answers = makeAnswers(tools);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    serve(socket, answers, tools);
  });
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    rmSync(path, { force: true });
    server.listen(path, () => {
      chmodSync(path, 0o600);
      server.off("error", reject);
      server.on("error", (error) => tools.warn(`socket: ${reasonOf(error)}`));
      resolve({ close });
    });
  });
}

function makeAnswers({ swarm, bring, since, shutdown }: ServerTools): Answers {
  const hello = (): Hello => ({ protocol: PROTOCOL, version, pid: process.pid, since });
  return {
    hello,
    status: hello,
    async spawn({ request, options, caller, plugins = [] }) {
      await bring(plugins);
      return swarm.spawn(request, options, caller);
    },
    async resume({ id, options, caller, plugins = [] }) {
      await bring(plugins);
      return swarm.resume(id, options, caller);
    },
    send: ({ id, text, options, caller }) => swarm.send(id, text, options, caller),
    stop: ({ id, options }) => swarm.stop(id, options),
    remove: ({ id, options }) => swarm.remove(id, options),
    archive: ({ id }) => swarm.archive(id),
    unarchive: ({ id }) => swarm.unarchive(id),
    cancel: ({ id, by }) => swarm.cancel(id, by),
    answer: ({ id, answer }) => swarm.answer(id, answer),
    show: ({ id }) => swarm.show(id),
    subscribe(_params, socket) {
      const end = swarm.watch((change) => {
        // A client that does not read is let go rather than kept in our memory: it comes back and reads the files.
        if (socket.writableLength > MAX_REQUEST) socket.destroy();
        else socket.write(formatFrame({ method: "change", params: change }));
      });
      socket.once("close", end);
      return {};
    },
    shutdown() {
      if (shutdown === undefined) throw heldByProgram(process.pid);
      setImmediate(shutdown);
      return {};
    },
  };
}

function serve(socket: Socket, answers: Answers, tools: ServerTools): void {
  socket.on("error", () => socket.destroy()); // the client is gone: what it asked for goes on
  const split = makeLineSplitter(MAX_REQUEST, (line) => void answer(line, socket, answers, tools));
  socket.on("data", (chunk: Buffer) => {
    try {
      split(chunk);
    } catch (error) {
      socket.end(formatFrame({ error: formatError(error) }));
    }
  });
}

async function answer(line: string, socket: Socket, answers: Answers, tools: ServerTools): Promise<void> {
  let id: number | string | undefined;
  const reply = (frame: Parameters<typeof formatFrame>[0]): void => {
    if (!socket.destroyed) socket.write(formatFrame({ ...(id === undefined ? {} : { id }), ...frame }));
  };
  try {
    const frame = parseFrame(line);
    id = frame.id;
    const { method = "" } = frame;
    if (!isMethod(method)) throw new SkepError("protocol", `this supervisor does not know ${method}`);
    if (method !== "hello") tools.touched();
    reply({ result: (await call(answers, method, frame.params ?? {}, socket)) ?? {} });
  } catch (error) {
    reply({ error: formatError(error) });
  }
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- it ties the answer to its own parameters
function call<M extends Method>(answers: Answers, method: M, params: unknown, socket: Socket): unknown {
  const parsed: Requests[M] = parseParams(method, params);
  return answers[method](parsed, socket);
}
