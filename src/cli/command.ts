import type { ParsedArgs } from "./args.ts";
import type { Output } from "./output.ts";
import type { Settings } from "./settings.ts";
import type { Talk } from "./talk.ts";

/** A verb as the table declares it; its code is loaded when it is called, so that `ls` does not pay for the rest. */
export interface CommandSpec {
  readonly name: string; // one word, or two: "supervisor stop"
  readonly alias?: string; // "plugins" for "plugins ls"
  readonly also?: readonly string[]; // what other programs call it: who types that is told
  readonly hidden?: true; // from the help
  readonly summary: string;
  readonly args: string; // "<which…>", "[which…]", "<which> <text…>"; "" for none
  readonly rest?: string; // what stands after "--", for the help; without it words there are like those before
  readonly flags: readonly FlagSpec[];
  readonly examples?: readonly string[];
  readonly load: () => Promise<Command>;
}
export interface Command {
  run(context: CommandContext): Promise<void>;
}
export interface FlagSpec {
  readonly name: string; // without dashes
  readonly short?: string; // one letter
  readonly value?: string; // what it is called in the help; without it the flag is a switch
  readonly many?: true; // may be given several times, and all count; else the last one does
  readonly summary: string;
}

export interface CommandContext {
  readonly args: ParsedArgs;
  readonly settings: Settings;
  readonly output: Output; // data, on stdout
  readonly talk: Talk; // words, on stderr
  /** Something to be let go of when the verb has ended, well or badly: else the process would not end. */
  readonly atEnd: (work: () => Promise<void>) => void;
}
