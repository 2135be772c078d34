/** Texts that somebody else wrote: what a shell would act on, and what a terminal would. */

/** Stands in every task, in letters that no quoting changes: whatever holds it was made of the task. */
export const MARK = "skepTaskMark";

export const HOSTILE_TASKS: readonly string[] = [
  `${MARK}; touch pwned`,
  `${MARK} && touch pwned || true`,
  `${MARK} | tee pwned &`,
  `${MARK} $(touch pwned)`,
  `${MARK} \`touch pwned\``,
  `${MARK} > pwned < /dev/null`,
  `${MARK} $HOME \${IFS}pwned $0 $@`,
  `${MARK} "double" 'single'`,
  `${MARK} it's`,
  `${MARK} '; touch pwned; '`,
  `${MARK} "; touch pwned; "`,
  `${MARK}\ntouch pwned`,
  `${MARK}\ttab\r\nand lines`,
  `${MARK} * ? [a-z] {a,b} ~`,
  `${MARK} back\\slash \\n \\\\`,
  `${MARK} !! # %s %n %1$s`,
  `--${MARK}=flag`,
  `${MARK} {task} {0} %TASK%`,
  `${MARK} {"type":"user","text":"\\u0000"}`,
  `${MARK} naïve 日本語 👩‍👩‍👧`,
];

/** Whether a text holds another as it is, or as JSON writes it. */
export const carries = (place: string, text: string): boolean =>
  place.includes(text) || place.includes(JSON.stringify(text).slice(1, -1));

const ESC = "\u001b";
/** What an agent may write to move the cursor, set the title, write the clipboard, overwrite a line or reorder it. */
export const HOSTILE_TEXTS: readonly string[] = [
  // strings: a title, a link, the clipboard, a file, a notification; ended in each way, or not at all
  `a${ESC}]0;pwned\u0007b`,
  `a${ESC}]0;pwned${ESC}\\b`,
  `a${ESC}]0;pwned\u009cb`,
  `a${ESC}]0;pw\nned\u0007b`,
  `${ESC}]8;;http://evil.example${ESC}\\click${ESC}]8;;${ESC}\\`,
  `a${ESC}]52;c;cm0gLXJmIC8=\u0007b`,
  `a${ESC}]52;c;cm0gLXJmIC8=`,
  `a${ESC}]0;pwned\u0018b`,
  `a${ESC}]0;pwned${ESC}[31mb`,
  `a${ESC}]1337;File=name=eA==:AAAA\u0007b`,
  `a${ESC}]777;notify;x;y\u0007b`,
  "a\u009d0;pwned\u009cb",
  "a\u009d0;pwned\u0007b",
  `a${ESC}P$q"p${ESC}\\b`,
  "a\u0090+q544e\u009cb",
  `a${ESC}_Gf=100;AAAA${ESC}\\b`,
  "a\u009fG\u009cb",
  `a${ESC}^x${ESC}\\b`,
  `a${ESC}Xx${ESC}\\b`,
  // sequences: colours, the screen, modes, reports; whole, cut, split, nested
  `a${ESC}[1;38;5;196mb${ESC}[0m`,
  `a${ESC}[2J${ESC}[Hb`,
  `a${ESC}[?1049hb`,
  `a${ESC}[6nb${ESC}[21t`,
  `a${ESC}[38;5`,
  `a${ESC}[3\n1mb`,
  "a\u009b31mb",
  `a${ESC}cb`,
  `a${ESC}(0b`,
  `a${ESC}#8b`,
  `a${ESC}`,
  `${ESC}${ESC}[0m[31mx`,
  // characters: overwriting, ringing, shifting, C1, bidi, hiding
  "rm -rf /\rls",
  "evil\b\b\b\bgood",
  "a\0b\u0005\u0007\u000b\u000c\u000e\u007f",
  "a\u0085\u0084\u008d\u009cb",
  "a\u202egpj.exe\u202c",
  "a\u2066b\u2069\u200e\u200f\u061c",
  "a\u2028b\u2029c",
  "de\u200bploy\u2060\ufeff\u200d",
  "a\u{e0041}\u{e0042}b",
  // what is harmless until somebody decodes it
  String.raw`\u001b[31m \x1b]0;x\x07 \e[2J \033c %1b &#27;`,
  // long, wide, of many lines
  "x".repeat(600),
  "日本語のドキュメント ".repeat(20),
  "👩‍👩‍👧 👨🏽‍💻 🇩🇪 1️⃣ e\u0301 ".repeat(10),
  "one\n\ttwo\n\n\n".repeat(10),
];
