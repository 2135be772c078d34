/** Answers requests over the root's socket. One client's fault is its own: it gets an error, the others notice nothing. */
import { type Socket, createServer } from "node:net";
import { chmodSync, rmSync } from "node:fs";
import { heldByProgram, reasonOf, SkepError } from "../errors.ts";
import { version } from "../build-info.ts";
import { openPeerUid } from "../process/peer-uid.ts";
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
  readonly halfSentMs?: number; // that a client may take to send one request
}

/** Bytes of requests that have not come whole yet, of all clients together. */
interface Held {
  bytes: number;
}
const MAX_HELD = 8 * MAX_REQUEST;
const MAX_UNREAD = MAX_REQUEST; // bytes that a client has not read: then it is let go rather than kept in our memory
const MAX_OPEN = 256; // requests of one client at a time: what it sends beyond waits in its own socket
const LEAVE_MS = 2_000;
const HALF_SENT_MS = 30_000;
const READ_MS = 1_000;

type Answers = { readonly [M in Method]: (params: Requests[M], socket: Socket) => unknown };

export interface Listening {
  /** Ends the server and its connections. */
  close(): Promise<void>;
}

/** Listens; the holder of the lock alone calls this, so what stands at the path is nobody's. */
export async function listen(path: string, tools: ServerTools): Promise<Listening> {
  const answers = makeAnswers(tools);
  const sockets = new Set<Socket>();
  const held: Held = { bytes: 0 };
  const peerUid = await openPeerUid();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    const uid = peerUid(socket);
    if (uid === undefined || uid === process.getuid?.()) return serve(socket, answers, tools, held);
    tools.warn(`socket: user ${uid} was refused`);
    refuse(socket, new SkepError("protocol", "this supervisor is another user's"));
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
      // One that does not read is let go: it comes back and reads the files.
      const end = swarm.watch((change) => say(socket, { method: "change", params: change }));
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

/** Says why, and hears no more of it. */
function refuse(socket: Socket, error: unknown): void {
  if (socket.writableEnded) return;
  socket.on("error", () => {});
  socket.end(formatFrame({ error: formatError(error) }));
  // What it still sends is read and dropped for a while: closed at once, the kernel would drop our answer as well.
  socket.resume();
  setTimeout(() => socket.destroy(), LEAVE_MS).unref();
}

function serve(socket: Socket, answers: Answers, tools: ServerTools, held: Held): void {
  let open = 0;
  let own = 0; // bytes of its request that has not come whole
  let late: ReturnType<typeof setTimeout> | undefined;
  const stopClock = (): void => {
    clearTimeout(late);
    late = undefined;
  };
  // What came while we were busy for long is read before anybody is refused: the second timer runs behind it.
  const startClock = (): void => {
    const tooLate = (): void => refuse(socket, cut("was not sent whole in time"));
    late ??= setTimeout(() => (late = setTimeout(tooLate, READ_MS).unref()), tools.halfSentMs ?? HALF_SENT_MS).unref();
  };
  const hold = (bytes: number): void => {
    held.bytes += bytes - own;
    own = bytes;
    if (bytes === 0) stopClock();
    else if (open < MAX_OPEN) startClock();
  };
  socket.on("error", () => socket.destroy()); // the client is gone: what it asked for goes on
  socket.once("close", () => hold(0));
  const split = makeLineSplitter(MAX_REQUEST, (line) => {
    open += 1;
    if (open === MAX_OPEN) {
      socket.pause();
      stopClock(); // it cannot send more
    }
    void answer(line, socket, answers, tools).finally(() => {
      open -= 1;
      if (open !== MAX_OPEN - 1) return;
      socket.resume();
      if (own > 0) startClock();
    });
  });
  socket.on("data", (chunk: Buffer) => {
    if (socket.writableEnded) return;
    try {
      hold(split(chunk));
      if (held.bytes > MAX_HELD) throw cut("came while too much was being sent at once");
    } catch (error) {
      refuse(socket, error);
    }
  });
}

const cut = (why: string): SkepError => new SkepError("protocol", `a request ${why}`);

/** Writes, unless the client has let too much lie. */
function say(socket: Socket, frame: Parameters<typeof formatFrame>[0]): void {
  if (socket.destroyed || socket.writableEnded) return;
  if (socket.writableLength > MAX_UNREAD) socket.destroy();
  else socket.write(formatFrame(frame));
}

async function answer(line: string, socket: Socket, answers: Answers, tools: ServerTools): Promise<void> {
  let id: number | string | undefined;
  const reply = (frame: Parameters<typeof formatFrame>[0]): void =>
    say(socket, { ...(id === undefined ? {} : { id }), ...frame });
  try {
    const frame = parseFrame(line);
    id = frame.id;
    const { method = "" } = frame;
    if (!isMethod(method)) throw new SkepError("protocol", `this supervisor does not know ${method.slice(0, 100)}`);
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
