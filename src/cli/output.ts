import { cannotPrint, systemCode } from "../errors.ts";

/** Data on stdout. Never followed by `process.exit`, which would cut off what a pipe has not taken yet. */
export interface Output {
  /** Resolves when the stream has taken the text, or at once when its reader has left. Throws SkepError "io". */
  write(text: string | Uint8Array): Promise<void>;
  /** Aborted when the reader has left (`| head`): nobody wants more. That is no error. */
  readonly closed: AbortSignal;
}

export function openOutput(stream: NodeJS.WritableStream = process.stdout): Output {
  const left = new AbortController();
  stream.on("error", () => {}); // each write hears of its own error; without a listener it would end the process
  return {
    closed: left.signal,
    async write(text) {
      if (text.length === 0 || left.signal.aborted) return;
      try {
        await new Promise<void>((resolve, reject) => {
          stream.write(text, (error) => (error ? reject(error) : resolve()));
        });
      } catch (error) {
        if (systemCode(error) !== "EPIPE") throw cannotPrint(error);
        left.abort();
      }
    },
  };
}
