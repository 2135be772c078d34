/**
 * Who is at the other end of a unix socket, as the kernel tells it (SO_PEERCRED). The folder's mode keeps others out
 * already; this holds also where somebody opened it. Only Bun lets it be asked: elsewhere the folder alone protects.
 */
import type { Socket } from "node:net";

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const UID = 4; // behind the pid

interface BunFfi {
  dlopen(
    library: string,
    symbols: { getsockopt: unknown },
  ): {
    readonly symbols: {
      getsockopt: (fd: number, level: number, name: number, value: Uint8Array, length: Uint8Array) => number;
    };
  };
}

/** `undefined` where it is not to be had. */
export type PeerUid = (socket: Socket) => number | undefined;
const unknown: PeerUid = () => undefined;

export async function openPeerUid(): Promise<PeerUid> {
  if (!("Bun" in globalThis) || process.platform !== "linux") return unknown;
  const name = "bun:ffi"; // by a variable: the other runtimes' bundlers must not look for it
  // oxlint-disable-next-line typescript/no-unsafe-assignment -- a module of the runtime, declared above
  const ffi: BunFfi = await import(name);
  for (const library of ["libc.so.6", "libc.so"]) {
    try {
      const args = ["i32", "i32", "i32", "ptr", "ptr"];
      const { getsockopt } = ffi.dlopen(library, { getsockopt: { args, returns: "i32" } }).symbols;
      return (socket) => {
        const fd = descriptorOf(socket);
        if (fd === undefined) return undefined;
        const credentials = new Uint32Array(3);
        const bytes = new Uint8Array(credentials.buffer);
        const length = new Uint8Array(new Uint32Array([bytes.length]).buffer);
        return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, bytes, length) === 0 ? credentials[UID / 4] : undefined;
      };
    } catch {
      continue; // that C library is not here
    }
  }
  return unknown;
}

/** Not in node's types: Bun has it there, as node has. */
function descriptorOf(socket: Socket): number | undefined {
  const handle: unknown = Reflect.get(socket, "_handle");
  const fd: unknown = typeof handle === "object" && handle !== null ? Reflect.get(handle, "fd") : undefined;
  return typeof fd === "number" && fd >= 0 ? fd : undefined;
}
