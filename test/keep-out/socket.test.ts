/** The supervisor's socket against clients that mean no good: each gets a coded error or is let go, nobody else notices. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, readFileSync, statSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { dirname } from "node:path";
import { after, before, describe, test } from "node:test";
import { readRecord } from "../../src/supervisor/start.ts";
import { openCli } from "../cli/verbs/harness.ts";
import { ended, until } from "../sandbox.ts";

const cli = openCli();
const { root, ok } = cli;
const MIB = 1024 * 1024;
let path = "";
let pid = 0;
const sockets = new Set<Socket>();
before(async () => {
  await ok("supervisor", "start");
  ({ socket: path = "", pid = 0 } = readRecord(root) ?? {});
});
after(() => {
  for (const socket of sockets) socket.destroy();
});

interface Client {
  readonly socket: Socket;
  readonly said: () => string;
  readonly closed: () => boolean;
}
function connect(): Promise<Client> {
  return new Promise((resolve, reject) => {
    let [said, closed] = ["", false];
    const socket = createConnection(path, () => {
      socket.on("data", (chunk) => (said += String(chunk)));
      resolve({ socket, said: () => said, closed: () => closed });
    });
    sockets.add(socket);
    socket.on("error", reject);
    socket.on("close", () => (closed = true));
  });
}
const frame = (value: object): string => `${JSON.stringify({ jsonrpc: "2.0", ...value })}\n`;
/** Whether everybody else is served. */
const served = async (): Promise<void> => {
  assert.match(await ok("supervisor", "--json"), new RegExp(`"pid": ${pid}`));
};
const memory = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;

describe("requests that are none", () => {
  const deep = (open: string, close: string): string => open.repeat(100_000) + close.repeat(100_000);
  const WRONG: Readonly<Record<string, string>> = {
    "no JSON": "hello\n",
    "half of it": '{"jsonrpc":"2.0","id":1,\n',
    "another version": '{"jsonrpc":"1.0","id":1,"method":"hello"}\n',
    "a list of them": `[${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "hello" })}]\n`,
    "a number": "1\n",
    NUL: "\0\0\0\n",
    "no UTF-8": Buffer.from([0xff, 0xfe, 0x0a]).toString("latin1"),
    "an HTTP request": "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "an unknown method": frame({ id: 1, method: "x".repeat(1_000) }),
    "a method of every object": frame({ id: 1, method: "constructor", params: {} }),
    __proto__: '{"jsonrpc":"2.0","id":1,"method":"__proto__","params":{"__proto__":{"polluted":1}}}\n',
    "parameters of another kind": frame({ id: 1, method: "show", params: [] }),
    "an id of another kind": '{"jsonrpc":"2.0","id":{},"method":"hello"}\n',
    "lists in lists": `{"jsonrpc":"2.0","id":1,"method":"hello","params":${deep("[", "]")}}\n`,
    "objects in objects": `{"jsonrpc":"2.0","id":1,"method":"spawn","params":${deep('{"a":', "}")}}\n`,
    "an option that is deep": frame({ id: 1, method: "show", params: { id: "x" } }).replace('"x"', deep("[", "]")),
  };
  for (const [name, text] of Object.entries(WRONG)) {
    test(`are answered with a coded error: ${name}`, async () => {
      const client = await connect();
      client.socket.write(text);
      await until(client.said, (said) => /"data":\{"code":"protocol"/.test(said));
      client.socket.write(frame({ id: 9, method: "hello", params: {} }));
      await until(client.said, (said) => said.includes('"id":9,"result"'));
      client.socket.destroy();
    });
  }

  test("of more than 16 MiB get an error, and their sender is let go", async () => {
    const client = await connect();
    client.socket.on("error", () => {}); // it is cut off while it sends
    client.socket.write("x".repeat(17 * MIB));
    await until(client.closed, Boolean);
    assert.match(client.said(), /"code":"protocol"/);
    await served();
  });

  test("that are nearly as large are read: brackets in strings are not deep", async () => {
    const client = await connect();
    client.socket.write(frame({ id: 1, method: "show", params: { id: `${"[".repeat(7 * MIB)}${'"\\'.repeat(MIB)}` } }));
    await until(client.said, (said) => said.includes('"id":1'));
    assert.match(client.said(), /"code":"not_found"/);
  });
});

describe("a client that is stuck", () => {
  test("in the middle of a request holds nobody up, and many of them only so much memory", async () => {
    const before = memory();
    const clients = await Promise.all(Array.from({ length: 10 }, connect));
    for (const { socket } of clients) {
      socket.on("error", () => {});
      socket.write(`{"x":"${"y".repeat(15 * MIB)}`);
    }
    await until(
      () => clients.filter(({ said }) => said().includes("too much was being sent at once")).length,
      (refused) => refused > 0,
    );
    await served();
    assert.ok(memory() - before < 600 * MIB, `${(memory() - before) / MIB} MiB`);
    for (const { socket } of clients) socket.destroy();
  });

  test("and never reads is let go, whether it subscribed or asks without end", async () => {
    const id = await ok(
      "spawn",
      "-n",
      "noise",
      "--",
      "sh",
      "-c",
      "while :; do echo line; sleep 0.01; done",
      "x".repeat(100_000),
    );
    const [deaf, asking] = await Promise.all([connect(), connect()]);
    for (const { socket } of [deaf, asking]) {
      socket.on("error", () => {});
      socket.pause();
    }
    deaf.socket.write(frame({ id: 1, method: "subscribe", params: {} }));
    const before = memory();
    const ask = frame({ id: 2, method: "show", params: { id } }).repeat(200);
    const more = setInterval(
      () => asking.socket.writable && asking.socket.writableLength < MIB && asking.socket.write(ask),
      5,
    );
    try {
      // Its own end notices only when it reads or writes: what the supervisor has of it shows.
      await until(
        () => openSockets(),
        (count) => count <= 2,
        50_000,
      );
    } finally {
      clearInterval(more);
    }
    await served();
    assert.ok(memory() - before < 300 * MIB, `${(memory() - before) / MIB} MiB`);
    await ok("stop", "--grace", "100ms", id);
  });
});

/** Connections that the supervisor has open: its listening socket is one. */
function openSockets(): number {
  const inodes = new Set(
    spawnSync("sh", ["-c", `readlink /proc/${pid}/fd/* | grep socket`], { encoding: "utf8" }).stdout.match(/\d+/g) ??
      [],
  );
  const table = readFileSync("/proc/net/unix", "utf8").split("\n");
  return table.filter((line) => line.endsWith(path) && inodes.has(line.trim().split(/\s+/)[6] ?? "")).length;
}

describe("another user", () => {
  const asRoot = process.getuid?.() === 0 && spawnSync("setpriv", ["--version"]).status === 0;
  test("finds the folder closed and the socket his who started it", () => {
    assert.equal(statSync(dirname(path)).mode & 0o777, 0o700);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  test(
    "is refused by the kernel's word where somebody opened both",
    { skip: asRoot ? false : "skipped: root and setpriv" },
    async () => {
      const folders = [dirname(path), dirname(dirname(path)), cli.box.folder];
      const modes = folders.map((folder) => statSync(folder).mode & 0o777);
      for (const folder of folders) chmodSync(folder, 0o755);
      chmodSync(path, 0o666);
      try {
        const script = `import socket,sys
s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(sys.argv[2].encode()); print(s.makefile().read())`;
        const hello = frame({ id: 1, method: "hello", params: {} });
        const child = spawn("setpriv", [
          "--reuid=65534",
          "--regid=65534",
          "--clear-groups",
          "/usr/bin/python3",
          "-c",
          script,
          path,
          hello,
        ]);
        const { stdout, stderr } = await ended(child);
        assert.match(stdout, /another user's/, stderr);
        assert.doesNotMatch(stdout, /"result"/);
        await served();
      } finally {
        for (const [at, folder] of folders.entries()) chmodSync(folder, modes[at] ?? 0o700);
        chmodSync(path, 0o600);
      }
    },
  );
});
