/** The captured transcripts, as runs of an agent: what the agent itself printed, line by line. */
import { readFileSync } from "node:fs";
import * as v from "valibot";
import type { TranscriptFold, TranscriptRun } from "../../src/core/fold-transcript.ts";
import type { EventHandler } from "../../src/types.ts";
import { acpHandler as acp } from "../../plugins/acp/handler.ts";
import { claude } from "../../plugins/claude/handler.ts";
import { codexAppHandler as codexApp } from "../../plugins/codex-app/handler.ts";
import { codexHandler as codex } from "../../plugins/codex/handler.ts";
import { geminiHandler as gemini } from "../../plugins/gemini/handler.ts";
import { opencodeServe } from "./opencode-serve.ts";
import { opencodeHandler as opencode } from "../../plugins/opencode/handler.ts";

export const FOLDER = "test/fixtures/transcripts";

export interface Transcript {
  readonly name: string; // without its ending
  readonly fold: TranscriptFold;
  readonly runs: readonly TranscriptRun[];
}

const Index = v.array(v.object({ file: v.string(), exit: v.nullable(v.union([v.number(), v.literal("SIGINT")])) }));
const index = v.parse(Index, JSON.parse(readFileSync(`${FOLDER}/index.json`, "utf8")));

const kind = (
  handler: EventHandler,
  turns: TranscriptFold["turns"],
  output: TranscriptFold["output"] = "events",
): TranscriptFold => ({
  handlers: [handler],
  turns,
  output,
});
const KINDS: readonly (readonly [prefix: string, fold: TranscriptFold])[] = [
  ["claude/", kind(claude, "live")],
  ["codex/app-server", kind(codexApp, "live", "json")],
  ["codex/", kind(codex, "resume")],
  ["opencode/serve", kind(opencodeServe, "live")],
  ["opencode/", kind(opencode, "resume")],
  ["gemini/", kind(gemini, "resume")],
  ["acp/", kind(acp, "live", "json")],
];

/** What the client of codex/app-server.jsonl asked: its own lines were not captured. */
const APP_SERVER_REQUESTS: ReadonlyMap<string, string> = new Map(
  Object.entries({ 1: "initialize", 2: "thread/start", 3: "turn/start", 4: "turn/start", 5: "turn/interrupt" }),
);

export const TRANSCRIPTS: readonly Transcript[] = index.map(({ file, exit }) => {
  const name = file.replace(/\.[a-z]+$/, "");
  const fold = KINDS.find(([prefix]) => file.startsWith(prefix))?.[1];
  if (fold === undefined) throw new Error(`no handler for ${file}`);
  const processes = read(file);
  const code = exit === "SIGINT" ? 130 : exit;
  // How the processes before the last one ended, and those of ACP, was not captured.
  return {
    name,
    fold,
    runs: processes.map((lines, at) => ({
      lines,
      ...(code === null || at < processes.length - 1 ? {} : { exit: { code } }),
    })),
  };
});

/** One after the other: what two transcripts of one conversation come to. */
export function joined(first: string, second: string): Transcript {
  const parts = [transcript(first), transcript(second)] as const;
  return { name: `${first}-and-${second.split("/")[1]}`, fold: parts[0].fold, runs: parts.flatMap(({ runs }) => runs) };
}

export function transcript(name: string): Transcript {
  const found = TRANSCRIPTS.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no transcript ${name}`);
  return found;
}

/** The stdout lines of each process in a file. */
function read(file: string): readonly (readonly string[])[] {
  const lines = readFileSync(`${FOLDER}/${file}`, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  if (file.startsWith("acp/") && file.endsWith(".txt")) return readDialogue(lines);
  if (file.startsWith("codex/app-server")) return [lines.map((line) => nameRequest(line, APP_SERVER_REQUESTS))];
  return [lines.map((line) => line.replace(/^data: /, ""))];
}

/** `>> ` the client, `<< ` the agent. A process begins with the client's `initialize`. */
function readDialogue(lines: readonly string[]): readonly (readonly string[])[] {
  const processes: string[][] = [];
  let requests = new Map<string, string>();
  for (const line of lines) {
    const said = line.slice(3);
    if (line.startsWith("<< ")) {
      processes.at(-1)?.push(nameRequest(said, requests));
      continue;
    }
    const [, id, method] = /^\{"jsonrpc":"2\.0","id":(\d+),"method":"([^"]+)"/.exec(said) ?? [];
    if (id === undefined || method === undefined) continue;
    if (method === "initialize") {
      processes.push([]);
      requests = new Map();
    }
    requests.set(id, method);
  }
  return processes;
}

/** skep's own request ids name their method; those of the captured clients were numbers. */
function nameRequest(line: string, requests: ReadonlyMap<string, string>): string {
  return line.replace(
    /^(\{(?:"jsonrpc":"2\.0",)?"id":)(\d+)(?=,"(?:result|error)")/,
    (whole, before: string, id: string) => {
      const method = requests.get(id);
      return method === undefined ? whole : `${before}"${method}:${id}"`;
    },
  );
}
