import { setTimeout as pause } from "node:timers/promises";
import { resolve } from "node:path";
import { cannotRead, faultOf, pinDiffers, SkepError } from "../../errors.ts";
import { differences, exitOf, foldFor, pinPath, readPin, writePin } from "../../testing/pin.ts";
import { readTranscript, type Transcript } from "../../testing/transcript-file.ts";
import { stat } from "../../disk.ts";
import { fileOf } from "../../swarm/load-plugin-file.ts";
import { type Access, openAccess } from "../access.ts";
import type { Command, CommandContext } from "../command.ts";
import { countOf } from "../option-values.ts";
import { printView, viewOf } from "../show-view.ts";
import { printError } from "../talk.ts";

const LOOK_MS = 200;

export const test: Command = {
  async run(context) {
    const { args, settings } = context;
    const [runner = "", file = ""] = args.positionals;
    const path = resolve(settings.cwd, file);
    const access = await openAccess(context);
    const once = (): Promise<void> => fold(context, access, runner, path);
    return args.options.has("watch") ? watch(context, access, path, once) : once();
  },
};

/** Prints what the transcript comes to, and pins it or holds it against its pin. Throws SkepError "refused" where they differ. */
async function fold(context: CommandContext, access: Access, runner: string, path: string): Promise<void> {
  const { args, settings, talk } = context;
  const transcript = read(path);
  const pin = readPin(path);
  const code = countOf(args.options, "exit") ?? exitOf(pin);
  const { plugins } = access.reader;
  const { snapshot, pin: now } = await foldFor(plugins, runner, transcript, code, settings.env);
  await printView(context, access, "show", viewOf(access, [snapshot]));
  if (args.options.has("update")) {
    writePin(path, now);
    return talk.notice(`pinned in ${pinPath(path)}`);
  }
  if (pin === undefined) return talk.notice("nothing is pinned for it: --update pins this");
  const different = differences(pin, now);
  if (different.length === 0) return talk.notice(`as it is pinned in ${pinPath(path)}`);
  await talk.warn(`other than pinned:\n${different.map((line) => `  ${line}`).join("\n")}`);
  throw pinDiffers(pinPath(path));
}

function read(path: string): Transcript {
  try {
    return readTranscript(path);
  } catch (error) {
    throw cannotRead(path, faultOf(error));
  }
}

/** Again whenever the transcript or a plugin file has changed, until it is interrupted. */
async function watch(
  { settings, output }: CommandContext,
  access: Access,
  transcript: string,
  once: () => Promise<void>,
): Promise<void> {
  const stopping = new AbortController();
  process.once("SIGINT", () => stopping.abort());
  const { plugins } = access.reader;
  let before = "";
  while (!stopping.signal.aborted && !output.closed.aborted) {
    const now = [transcript, ...settings.plugins.map(({ path }) => path)].map(stampOf).join(" ");
    if (now !== before) {
      before = now;
      await plugins.bring(settings.plugins);
      const broken = (await plugins.report()).some(({ error }) => error !== undefined); // which was said
      if (!broken) await once().catch(report);
    }
    await pause(LOOK_MS, undefined, { signal: stopping.signal }).catch(() => undefined); // aborted: it ends
  }
}

/** Changes with every save, also with one that replaces the file. */
function stampOf(path: string): string {
  const found = stat(fileIn(path));
  return found === undefined ? "-" : `${found.ino}/${found.size}/${found.mtimeMs}`;
}

/** A plugin may be named by its folder; a file that is not there now may be while it is saved. */
function fileIn(path: string): string {
  try {
    return fileOf(path);
  } catch {
    return path;
  }
}

/** What may be mended by the next save ends nothing. */
function report(error: unknown): void {
  if (!(error instanceof SkepError)) throw error;
  printError(error);
}
