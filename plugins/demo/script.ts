/**
 * What the demo agent is asked to do: words of a task or message, each done in its turn, in the order they stand there.
 * Any other word only makes part of the text that is echoed.
 *
 *   sleep:<ms>            takes that long
 *   wait-file:<path>      waits until that file exists
 *   steps:<n>[:<ms>]      n assistant messages, that long a pause before each
 *   flood:<n>             n plain lines on stdout, numbered
 *   tool                  a tool call and its result
 *   error                 an error event
 *   background            leaves `sleep 600` behind in a session of its own, and prints its process id
 *   ragged                writes its answer in pieces, with pauses
 *   stubborn              from now on ignores SIGTERM and `shutdown`
 *   crash                 is gone by SIGKILL, in the middle of the turn
 *   fail:<code>           exits with that code after the turn
 */
export type Step =
  | { readonly kind: "sleep"; readonly ms: number }
  | { readonly kind: "wait-file"; readonly path: string }
  | { readonly kind: "steps"; readonly count: number; readonly ms: number }
  | { readonly kind: "flood"; readonly lines: number }
  | { readonly kind: "fail"; readonly code: number }
  | { readonly kind: "tool" | "error" | "background" | "ragged" | "stubborn" | "crash" };

export function parseScript(text: string): readonly Step[] {
  return text.split(/\s+/).flatMap((word) => parseWord(word) ?? []);
}

function parseWord(word: string): Step | undefined {
  const [kind, ...values] = word.split(":");
  const [first, second] = values.map((value) => (/^\d{1,9}$/.test(value) ? Number(value) : undefined));
  switch (kind) {
    case "tool":
    case "error":
    case "background":
    case "ragged":
    case "stubborn":
    case "crash":
      return values.length === 0 ? { kind } : undefined;
    case "wait-file":
      return values.length === 0 ? undefined : { kind, path: values.join(":") };
    case "sleep":
      return first === undefined ? undefined : { kind, ms: first };
    case "steps":
      return first === undefined ? undefined : { kind, count: first, ms: second ?? 0 };
    case "flood":
      return first === undefined ? undefined : { kind, lines: first };
    case "fail":
      return first === undefined ? undefined : { kind, code: first };
    default:
      return undefined;
  }
}
