import { basename } from "node:path";

/** Programs that read a word as a program, and the flag before it. */
const INTERPRETERS: readonly (readonly [program: RegExp, flag: RegExp])[] = [
  [/^(?:(?:ba|da|z|k|a|fi)?sh|su|runuser|script|python[\d.]*)$/, /^(?:-[a-z]*c|--command)$/i],
  [/^(?:perl|ruby|node|bun|deno)[\d.]*$/, /^(?:-[a-z]*[ep]|--eval|--print)$/i],
];
const FLAG_WITH_VALUE = /^[-+]o$/i;

/** The words of a command that a shell, or another interpreter in it, would read as a program. */
export function codeIn(argv: readonly string[]): readonly string[] {
  return argv.flatMap((word, at) => {
    const [, flag] = INTERPRETERS.find(([program]) => program.test(basename(word))) ?? [];
    return flag === undefined ? [] : codeAfter(argv.slice(at + 1), flag);
  });
}

/** The word behind the flag that says so, when only flags stand before it: behind the first other word all is arguments. */
function codeAfter(words: readonly string[], flag: RegExp): readonly string[] {
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (flag.test(word)) return words.slice(at + 1, at + 2);
    if (FLAG_WITH_VALUE.test(word)) at += 1;
    else if (!/^[-+]/.test(word)) return [];
  }
  return [];
}
