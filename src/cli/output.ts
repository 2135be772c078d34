import { fstatSync } from "node:fs";
import { sanitize } from "../core/sanitize.ts";
import { partCommands, readsCommands } from "../core/workflow-commands.ts";
import { cannotPrint, systemCode } from "../errors.ts";
import { isTerminal, openSink, type Sink } from "./standard-streams.ts";

/**
 * Data on stdout. Never followed by `process.exit`, which would cut off what a pipe has not taken yet. What others wrote is
 * harmless to who reads it, whichever verb prints it: on a terminal text is sanitised, and where a CI system reads along
 * it gives no commands.
 */
export interface Output {
  /** Resolves when the text has been taken, or at once when its reader has left. Throws SkepError "io". */
  write(text: string | Uint8Array): Promise<void>;
  /** The same for text whose control characters are skep's own, and whose other parts are sanitised. */
  writeStyled(text: string): Promise<void>;
  /** The bytes as they are, for those who ask for just that. */
  copy(bytes: Uint8Array): Promise<void>;
  /** Aborted when the reader has left (`| head`): nobody wants more. That is no error. */
  readonly closed: AbortSignal;
}

/** To stdout, or to what stands for it. */
export function openOutput(given?: Sink): Output {
  const sink = given ?? openSink(1);
  const left = new AbortController();
  const terminal = given === undefined && isTerminal(1);
  const part = given === undefined && readsCommands(process.env) && !isFile(1) ? partCommands() : asIs;
  const send = async (data: string | Uint8Array): Promise<void> => {
    if (data.length === 0 || left.signal.aborted) return;
    try {
      await sink.write(data);
    } catch (error) {
      if (!GONE.has(systemCode(error))) throw cannotPrint(error);
      left.abort();
    }
  };
  return {
    closed: left.signal,
    write(text) {
      if (typeof text === "string") return send(part(terminal ? sanitize(text) : text));
      if (terminal) return send(sanitize(Buffer.from(text).toString("utf8")));
      return send(part === asIs ? text : Buffer.from(part(Buffer.from(text).toString("latin1")), "latin1"));
    },
    writeStyled: (text) => send(part(text)),
    copy: send,
  };
}

/** What a write to a pipe says when its reader has left, and to a socket, which some give as stdout, with data unread. */
const GONE: ReadonlySet<string | undefined> = new Set(["EPIPE", "ECONNRESET"]);

const asIs = (text: string): string => text;

/** What is written into a file is data, and read by whoever it is for. */
function isFile(fd: number): boolean {
  try {
    return fstatSync(fd).isFile();
  } catch {
    return false; // closed: the first write says so
  }
}
